import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteLevelBpe } from '../../src/checkpoint/byte_level_bpe.ts';
import { parseByteLevelBpe } from '../../src/checkpoint/byte_level_bpe_definition.ts';
import type { Json, JsonObject } from '../../src/json.ts';
import { needsShared, shared } from '../shared.ts';
import { bosTemplate, byteTokenizer, load } from './byte_tokenizer.ts';

/** What `test/python/tokenizer_fixtures.py` writes. */
type Fixture = { tokenizer: JsonObject; cases: [text: string, ids: number[]][] };

const folder = join(import.meta.dirname, '../fixtures/tokenizer');
const fixtures = readdirSync(folder).map((file): [string, Fixture] => [
  file.replace('.json', ''),
  JSON.parse(readFileSync(join(folder, file), 'utf8')),
]);

function create(definition: Json): ByteLevelBpe {
  return new ByteLevelBpe(parseByteLevelBpe(definition)!);
}

/** The same tokenizer, written in a way that only `@huggingface/tokenizers` takes. */
function forLibrary(definition: JsonObject): JsonObject {
  return { ...definition, pre_tokenizer: { type: 'Sequence', pretokenizers: [definition.pre_tokenizer!] } };
}

describe.each(fixtures)('%s', (_, { tokenizer, cases }) => {
  const bpe = create(tokenizer);

  test('has the ids of Python tokenizers', () => {
    for (const [text, ids] of cases) expect(bpe.encode(text), JSON.stringify(text)).toEqual(ids);
  });

  test('gives the same ids whatever part of the text is said to be its context', () => {
    // Pieces of what is difficult, and any text at all: halves of surrogate pairs, too.
    const units = fc.constantFrom(
      ...cases.flatMap(([text]) => [text, text.slice(0, 3), text.slice(-3)]),
      ' ',
      "'l",
      '5',
    );
    const texts = fc.array(fc.oneof(units, fc.string({ unit: 'binary' })), { maxLength: 6 }).map((all) => all.join(''));
    fc.assert(
      fc.property(texts, fc.array(texts, { minLength: 1, maxLength: 3 }), fc.nat(), (start, ends, cut) => {
        const context = start.slice(0, cut % (start.length + 1));
        for (const end of ['', start.slice(context.length), ...ends]) {
          expect(bpe.encode(context + end, { context })).toEqual(bpe.encode(context + end));
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe('real rows', () => {
  const file = 'tokenizers/gpt-neox-20b.json';

  test.for(['arc_challenge', 'hellaswag', 'logiqa', 'math_500', 'aime24'])('%s', async (name, context) => {
    needsShared(context, file, 'data');
    const definition: JsonObject = JSON.parse(readFileSync(shared(file), 'utf8'));
    const bpe = create({ ...definition, post_processor: null });
    const library = await load(forLibrary(definition));
    const rows = readFileSync(shared(`data/${name}.jsonl`), 'utf8').split('\n');
    const texts = rows.filter((_, i) => i % 5 === 0).flatMap((row) => [row, row.replaceAll('\\n', '\n')]);
    for (const text of texts) expect(bpe.encode(text)).toEqual(library.encode(text));
  });
});

describe('a tokenizer of another kind', () => {
  const plain = byteTokenizer(['a b']);
  const model = plain.model as JsonObject;
  const byteLevel = plain.pre_tokenizer as JsonObject;
  const { z: _, ...vocab } = model.vocab as JsonObject;

  test.each<[string, JsonObject]>([
    ['drops merges at random', { model: { ...model, dropout: 0.1 } }],
    ['lacks a byte', { model: { ...model, vocab } }],
    ['is no BPE', { model: { ...model, type: 'WordPiece' } }],
    ['marks the end of words', { model: { ...model, end_of_word_suffix: '</w>' } }],
    ['normalizes otherwise', { normalizer: { type: 'NFKC' } }],
    ['adds a space', { pre_tokenizer: { ...byteLevel, add_prefix_space: true } }],
    ['cuts no words', { pre_tokenizer: { ...byteLevel, use_regex: false } }],
    ['adds tokens in another way', { post_processor: { type: 'RobertaProcessing' } }],
    ['has two texts', { post_processor: { ...bosTemplate(256), single: [] } }],
  ])('%s', (_, change) => {
    expect(parseByteLevelBpe(plain)).toBeDefined();
    expect(parseByteLevelBpe({ ...plain, ...change })).toBeUndefined();
  });

  test('is left to the library', async () => {
    const tokenizer = await load(forLibrary({ ...plain, post_processor: bosTemplate(257) }));
    expect(tokenizer.encode('ab c', { context: 'ab' })).toEqual([257, 256, 32, 99]);
  });
});

test('tokens are added inside out where there are several post-processors', () => {
  const single: Json = [
    { SpecialToken: { id: '<bos>', type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: '<eos>', type_id: 0 } },
  ];
  const ids = (bos: number, eos: number): JsonObject => ({
    type: 'TemplateProcessing',
    single,
    special_tokens: { '<bos>': { ids: [bos] }, '<eos>': { ids: [eos] } },
  });
  const processors = [{ type: 'ByteLevel' }, ids(1, 2), ids(3, 4)];
  const bpe = create(byteTokenizer([], { type: 'Sequence', processors }));
  expect(bpe.encode('a')).toEqual([3, 1, 97, 2, 4]);
  expect(bpe.encode('a', { addSpecialTokens: false })).toEqual([97]);
});

test('a merge whose token is not in the vocabulary is a checkpoint error', () => {
  const definition = byteTokenizer();
  const bpe = create({ ...definition, model: { ...(definition.model as JsonObject), merges: ['a b'] } });
  expect(() => bpe.encode('cab')).toThrow(expect.objectContaining({ kind: 'checkpoint' }));
});

test('a word may be very long', () => {
  const bpe = create(byteTokenizer(['a a', 'aa aa', 'b a']));
  const length = 800_000;
  expect(bpe.encode(`b${'a'.repeat(length)}a`)).toEqual([98, ...Array(length / 4).fill(257), 97]);
});

test('more words than are remembered keep their tokens', () => {
  const bpe = create(byteTokenizer(['1 2']));
  const words = Array.from({ length: 70_000 }, (_, i) => `${i}`);
  bpe.encode(words.join(' '));
  expect(bpe.encode(words.slice(121, 125).join(' '))).toEqual([256, 49, 32, 256, 50, 32, 256, 51, 32, 256, 52]);
});

test('special tokens may be words of the vocabulary', async () => {
  const tokenizer = await load(byteTokenizer(['a b']), { eos_token: 'ab', bos_token: 'toString' });
  expect(tokenizer.eos).toEqual({ content: 'ab', id: 256 });
  expect(tokenizer.bos).toBeUndefined();
});
