import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../src/checkpoint/tokenizer.ts';
import type { JsonObject } from '../../src/json.ts';
import { needsShared, shared } from '../shared.ts';
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

describe('a tokenizer that cannot be used is a checkpoint error', () => {
  async function loadText(text: string) {
    const tokenizerFile = join(await temporaryFolder(), 'tokenizer.json');
    await writeFile(tokenizerFile, text);
    return loadTokenizer({ config: {}, tokenizerFile });
  }

  test.each([
    ['{"model":', /tokenizer\.json cannot be used: /],
    ['[]', /not a JSON object/],
    ['{}', /tokenizer\.json cannot be used: /],
    [JSON.stringify({ ...byteTokenizer(), model: { type: 'Quantum' } }), /tokenizer\.json cannot be used: /],
  ])('%s', async (text, message) => {
    await expect(loadText(text)).rejects.toMatchObject({ kind: 'checkpoint', message: expect.stringMatching(message) });
  });

  test('a missing file', async () => {
    await expect(loadTokenizer({ config: {}, tokenizerFile: '/nowhere/tokenizer.json' })).rejects.toMatchObject({
      kind: 'checkpoint',
      message: expect.stringContaining('/nowhere/tokenizer.json'),
    });
  });

  test('an unknown token that is itself unknown', async () => {
    const definition = byteTokenizer();
    const { z: _, ...vocab } = (definition.model as JsonObject).vocab as JsonObject;
    const tokenizer = await load({ ...definition, model: { type: 'BPE', vocab, merges: [], unk_token: '<none>' } });
    expect(() => tokenizer.encode('az')).toThrow(/vocabulary lacks the token "<none>"/);
  });

  test("Llama's SentencePiece tokenizer, which transformers builds in a way of its own", async () => {
    const config = { tokenizer_class: 'LlamaTokenizerFast' };
    expect((await load(byteTokenizer(), config)).encode('a')).toEqual([97]);
    const metaspace = { ...byteTokenizer(), pre_tokenizer: null, decoder: { type: 'Metaspace' } };
    await expect(load(metaspace, config)).rejects.toThrow('LlamaTokenizer is supported with a byte-level vocabulary');
  });
});
