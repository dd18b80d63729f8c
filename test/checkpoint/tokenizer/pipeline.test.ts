import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPipeline, type Pipeline } from '../../../src/checkpoint/tokenizer/pipeline.ts';
import { parseDefinition } from '../../../src/checkpoint/tokenizer/schema.ts';
import type { Json, JsonObject } from '../../../src/json.ts';
import { byteTokenizer, load } from './byte_tokenizer.ts';

/** What `test/python/tokenizer_fixtures.py` writes. */
type Fixture = { tokenizer: JsonObject; cases: [text: string, ids: number[], decoded: string, plain: string][] };

const folder = join(import.meta.dirname, '../../fixtures/tokenizer');
const fixtures = readdirSync(folder).map((file): [string, Fixture] => [
  file.replace('.json', ''),
  JSON.parse(readFileSync(join(folder, file), 'utf8')),
]);

/** Nothing here takes rare stages. */
const none = () => expect.unreachable();

function create(definition: JsonObject): Pipeline {
  return createPipeline(parseDefinition(definition, 'made'), 'made', { normalizer: none, cut: none });
}

test.each(fixtures)('%s has the ids and the texts of Python tokenizers', async (_, { tokenizer, cases }) => {
  const loaded = await load(tokenizer);
  for (const [text, ids, decoded, plain] of cases) {
    expect(loaded.encode(text), JSON.stringify(text)).toEqual(ids);
    expect(loaded.decode(ids), JSON.stringify(text)).toBe(decoded);
    expect(loaded.decode(ids, { skipSpecialTokens: true }), JSON.stringify(text)).toBe(plain);
  }
});

describe.each(fixtures.filter(([name]) => name !== 'patterns'))('%s', (_, { tokenizer, cases }) => {
  const bpe = create(tokenizer);

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
          expect(bpe.encode(context + end, { contexts: [context.slice(0, 2), context] })).toEqual(
            bpe.encode(context + end),
          );
        }
      }),
      { numRuns: 100 },
    );
  });
});

test('cuts words where the text after them makes no difference, with a space before the first', async () => {
  const plain = byteTokenizer(['Ġ a', 'a b']);
  const spaced = create({ ...plain, pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true } });
  expect(spaced.encode('ab c', { contexts: ['ab'] })).toEqual([256, 98, 32, 99]);
  expect(spaced.encode(' ab<eos>ab')).toEqual([256, 98, 259, 256, 98]);
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
  // As in transformers, one that the vocabulary lacks is added to it.
  expect(tokenizer.bos).toEqual({ content: 'toString', id: 259 });
});
