import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../../src/checkpoint/tokenizer/tokenizer.ts';
import type { Json, JsonObject } from '../../../src/json.ts';
import { needsShared, shared } from '../../shared.ts';
import { bosTemplate, byteTokenizer, load, temporaryFolder } from './byte_tokenizer.ts';

const bytes = (text: string) => [...new TextEncoder().encode(text)];

test('encodes and decodes, merges and special tokens included', async () => {
  const tokenizer = await load(byteTokenizer(['a b']), { eos_token: '<eos>' });
  expect(tokenizer.encode('abb<eos>é')).toEqual([256, 98, 258, ...bytes('é')]);
  expect(tokenizer.decode([256, 98, 258, ...bytes('é')])).toBe('abb<eos>é');
  expect(tokenizer.decode([256, 98, 258, 9999, 98], { skipSpecialTokens: true })).toBe('abbb');
  expect(tokenizer.decode([])).toBe('');
  expect(tokenizer.digest).toBe(
    createHash('sha256')
      .update(JSON.stringify(byteTokenizer(['a b'])))
      .digest('hex'),
  );
});

describe('special tokens', () => {
  test('come from the configuration, as strings or as objects', async () => {
    const bos_token = { __type: 'AddedToken', content: '<bos>', special: true };
    const tokenizer = await load(byteTokenizer(), { bos_token, eos_token: '<eos>', unk_token: null });
    expect(tokenizer.bos).toEqual({ content: '<bos>', id: 256 });
    expect(tokenizer.eos).toEqual({ content: '<eos>', id: 257 });
    expect(tokenizer.unk).toBeUndefined();
    expect(tokenizer.pad).toEqual(tokenizer.eos);
  });

  test('are those of the class where the configuration says nothing', async (context) => {
    needsShared(context, 'tokenizers/gpt-neox-20b.json');
    const tokenizerFile = shared('tokenizers/gpt-neox-20b.json');
    const tokenizer = await loadTokenizer({ config: { model_type: 'gpt_neox' }, tokenizerFile });
    const end = { content: '<|endoftext|>', id: 0 };
    expect(tokenizer).toMatchObject({ bos: end, eos: end, unk: end, pad: { content: '<|padding|>', id: 1 } });
  });

  test('are added where the post-processor adds them, whatever add_bos_token says', async () => {
    const config = { bos_token: '<bos>', add_bos_token: false };
    const adds = await load(byteTokenizer([], bosTemplate(256)), config);
    expect(adds.encode('a')).toEqual([256, 97]);
    expect(adds.encode('a', { addSpecialTokens: false })).toEqual([97]);
    const plain = await load(byteTokenizer(), { bos_token: '<bos>', add_bos_token: true });
    expect(plain.encode('a')).toEqual([97]);
  });

  test('are not added by GPTNeoXTokenizer, whose post-processor transformers rebuilds', async () => {
    const config = { bos_token: '<bos>', tokenizer_class: 'GPTNeoXTokenizerFast' };
    expect((await load(byteTokenizer([], bosTemplate(256)), config)).encode('a')).toEqual([97]);
  });
});

// A merge across the two shows where a word ends: in Rust U+FEFF is no whitespace, and U+0085 is.
test('takes whitespace as the Rust library does', async () => {
  const tokenizer = await load(byteTokenizer(['Ġ ï', 'Ġ Â']));
  expect(tokenizer.encode(' \ufeffa')).toEqual([256, 0xbb, 0xbf, 97]);
  expect(tokenizer.encode(' \u0085a')).toEqual([32, 0xc2, 0x85, 97]);
});

test('a tokenizer that is known serves where all of its files say the same', async () => {
  const folder = await temporaryFolder();
  const files = (name: string, settings: JsonObject) => {
    const [tokenizerFile, tokenizerConfigFile] = ['tokenizer', 'settings'].map((kind) =>
      join(folder, `${name}.${kind}`),
    );
    writeFileSync(tokenizerFile, JSON.stringify(byteTokenizer()));
    writeFileSync(tokenizerConfigFile, JSON.stringify(settings));
    return { config: {}, tokenizerFile, tokenizerConfigFile };
  };
  const known = await loadTokenizer(files('first', { bos_token: 'a' }));
  expect(await loadTokenizer(files('second', { bos_token: 'a' }), known)).toBe(known);
  const other = await loadTokenizer(files('third', { bos_token: 'b' }), known);
  expect([known.bos?.content, other.bos?.content]).toEqual(['a', 'b']);
  // What is kept under the one's name is not taken for the other's.
  expect([other.digest, other.key === known.key]).toEqual([known.digest, false]);
});

describe('a tokenizer that cannot be used is a checkpoint error', () => {
  async function loadText(text: string) {
    const tokenizerFile = join(await temporaryFolder(), 'tokenizer.json');
    await writeFile(tokenizerFile, text);
    return loadTokenizer({ config: {}, tokenizerFile });
  }

  test.each([
    ['{"model":', /tokenizer\.json cannot be used: /],
    ['[]', /not a JSON object/],
    [`{"model":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, /more than 100 levels/],
    ['{}', /tokenizer\.json cannot be used: /],
    [JSON.stringify({ ...byteTokenizer(), model: { type: 'Quantum' } }), /tokenizer\.json cannot be used: /],
  ])('%.40s', async (text, message) => {
    await expect(loadText(text)).rejects.toMatchObject({ kind: 'checkpoint', message: expect.stringMatching(message) });
  });

  test('a missing file', async () => {
    await expect(loadTokenizer({ config: {}, tokenizerFile: '/nowhere/tokenizer.json' })).rejects.toMatchObject({
      kind: 'checkpoint',
      message: expect.stringContaining('/nowhere/tokenizer.json'),
    });
  });

  const { model: plain } = byteTokenizer();
  const bpe = plain as JsonObject;
  const text: Json = { Sequence: { id: 'A', type_id: 0 } };
  const pattern = { Regex: '([a-z .]+)+!' };
  test.each<[string, JsonObject]>([
    ['model.merges.1: expected two tokens, got null', { model: { ...bpe, merges: ['a b', null] } }],
    ['model.merges.0: the vocabulary lacks "ab"', { model: { ...bpe, merges: ['a b'] } }],
    ['model.vocab: expected ids', { model: { ...bpe, vocab: { a: 'b' } } }],
    ['model.unk_token: the vocabulary lacks it, "<none>"', { model: { ...bpe, unk_token: '<none>' } }],
    ['model.dropout: drops merges at random', { model: { ...bpe, dropout: 0.1 } }],
    ['model.end_of_word_suffix: is not supported', { model: { ...bpe, end_of_word_suffix: '</w>' } }],
    ['post_processor.single: ', { post_processor: { type: 'TemplateProcessing', single: null, special_tokens: {} } }],
    [
      'post_processor.single: it is not',
      { post_processor: { type: 'TemplateProcessing', single: [], special_tokens: {} } },
    ],
    [
      'post_processor.single: there are no ids for "<s>"',
      {
        post_processor: {
          ...{ type: 'TemplateProcessing', special_tokens: {} },
          single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, text],
        },
      },
    ],
    ['post_processor.type: expected "ByteLevel"', { post_processor: { type: 'RobertaSomething' } }],
    ['normalizer.type: expected "NFC"', { normalizer: { type: 'Precompiled' } }],
    [
      'pre_tokenizer: ',
      { pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated', invert: false } },
    ],
  ])('%s', async (message, change) => {
    const loading = load({ ...byteTokenizer(), ...change });
    await expect(loading).rejects.toMatchObject({ kind: 'checkpoint' });
    await expect(loading).rejects.toThrow(`tokenizer.json cannot be used: ${message}`);
  });

  test.each<[string, JsonObject, RegExp]>([
    [
      'a pattern that never ends',
      { normalizer: { type: 'Replace', pattern, content: 'x' } },
      /normalizer: it does not end/,
    ],
    [
      'replacements that grow',
      {
        normalizer: {
          type: 'Sequence',
          normalizers: Array(6).fill({ type: 'Replace', pattern: { Regex: '.' }, content: 'x'.repeat(40) }),
        },
      },
      /normalizer: it makes more than \d+ characters of a text/,
    ],
  ])(
    '%s',
    async (_, change, message) => {
      const tokenizer = await load({ ...byteTokenizer(), ...change });
      expect(() => tokenizer.encode('a. '.repeat(200))).toThrow(
        expect.objectContaining({ kind: 'checkpoint', message: expect.stringMatching(message) }),
      );
      // It does not come back to life.
      expect(() => tokenizer.encode('b'.repeat(99))).not.toThrow(TypeError);
    },
    60_000,
  );
});

describe('files beside tokenizer.json', () => {
  const special_tokens_map = { bos_token: '<bos>', eos_token: { content: '<eos>', lstrip: false } };

  test('special_tokens_map.json counts where there is no added_tokens_decoder', async () => {
    const files = { 'special_tokens_map.json': special_tokens_map };
    const old = await load(byteTokenizer(), { bos_token: 'a' }, {}, files);
    expect(old).toMatchObject({ bos: { content: '<bos>', id: 256 }, eos: { content: '<eos>', id: 257 } });
    const later = await load(byteTokenizer(), { bos_token: 'a', added_tokens_decoder: {} }, {}, files);
    expect(later).toMatchObject({ bos: { content: 'a', id: 97 } });
    expect(later.eos).toBeUndefined();
  });

  test('added_tokens_decoder says how tokens are found, whatever tokenizer.json says', async () => {
    const added_tokens_decoder = { 256: { content: '<bos>', lstrip: true, special: true } };
    const tokenizer = await load(byteTokenizer(), { added_tokens_decoder });
    expect(tokenizer.encode('a <bos> b')).toEqual([97, 256, 32, 98]);
  });

  test.each(['split_special_tokens', 'fix_mistral_regex'])('%s is refused', async (key) => {
    await expect(load(byteTokenizer(), { [key]: true })).rejects.toThrow(`${key}: true is not supported`);
  });
});

describe('classes that transformers builds anew', () => {
  test('take add_prefix_space', async () => {
    for (const tokenizer_class of ['GPTNeoXTokenizer', 'GPT2TokenizerFast', 'Qwen2Tokenizer']) {
      const tokenizer = await load(byteTokenizer(), { tokenizer_class, add_prefix_space: true });
      expect(tokenizer.encode('a')).toEqual([32, 97]);
    }
    const generic = await load(byteTokenizer(), { tokenizer_class: 'PreTrainedTokenizerFast', add_prefix_space: true });
    expect(generic.encode('a')).toEqual([97]);
  });

  test('have patterns and normalizers of their own', async () => {
    const definition = byteTokenizer(['1 2']);
    const qwen2 = await load(definition, { tokenizer_class: 'PreTrainedTokenizerFast' }, { model_type: 'qwen2' });
    expect(qwen2.encode('12e\u0301')).toEqual([49, 50, ...bytes('\u00e9')]);
    expect((await load(definition)).encode('12e\u0301')).toEqual([256, ...bytes('e\u0301')]);
  });

  test('are refused by name where they are not known here', async () => {
    await expect(load(byteTokenizer(), { tokenizer_class: 'T5TokenizerFast' })).rejects.toThrow(
      'tokenizer_class: T5Tokenizer is not supported',
    );
  });

  test('count only where the model has no other', async () => {
    const spaced = { tokenizer_class: 'GPT2Tokenizer', add_prefix_space: true };
    expect((await load(byteTokenizer(), spaced, { model_type: 'olmo2' })).encode('a')).toEqual([97]);
    const llama = { tokenizer_class: 'LlamaTokenizerFast' };
    expect((await load(byteTokenizer(), llama)).encode('a')).toEqual([97]);
  });
});
