import { describe, expect, test } from 'vitest';
import type { Tokenizer } from '../../../src/checkpoint/tokenizer/tokenizer.ts';
import { askedOf, encodeRequests, encodeRolling } from '../../../src/harness/score/encode.ts';
import type { Document } from '../../../src/harness/task/task.ts';
import { bosTemplate, byteTokenizer, load } from '../../checkpoint/tokenizer/byte_tokenizer.ts';

const bos = 256;
const bytes = (text: string) => [...new TextEncoder().encode(text)];

function document(context: string, choices: string[]): Document {
  return { context, choices, gold: 0, index: 4, place: 'made.json, row 5', doc: {} };
}

function encoded(tokenizer: Tokenizer, context: string, choices: string[], delimiter?: string) {
  return encodeRequests(tokenizer, askedOf(document(context, choices), { delimiter }));
}

describe('a context and its continuations', () => {
  test('keeps the requests as text and joins them by the delimiter', async () => {
    const tokenizer = await load(byteTokenizer());
    expect(askedOf(document('Q:', ['a', 'b']), {}).requests).toEqual([
      ['Q:', ' a'],
      ['Q:', ' b'],
    ]);
    expect(encoded(tokenizer, 'Q:', ['a', 'b'])).toEqual([
      { context: bytes('Q:'), continuation: bytes(' a') },
      { context: bytes('Q:'), continuation: bytes(' b') },
    ]);
    expect(encoded(tokenizer, 'Q', ['a'], '')).toEqual([{ context: bytes('Q'), continuation: bytes('a') }]);
  });

  test.each([
    ['Q: \n', 'Q:', ' \n'],
    ['Q\x1c\x1f\x85\u3000', 'Q', '\x1c\x1f\x85\u3000'],
    ['Q\ufeff', 'Q\ufeff', ''],
    ['Q\u200b ', 'Q\u200b', ' '],
  ])('moves what Python calls whitespace to the continuation: %j', async (context, kept, moved) => {
    const tokenizer = await load(byteTokenizer());
    expect(encoded(tokenizer, context, ['a'])).toEqual([{ context: bytes(kept), continuation: bytes(`${moved} a`) }]);
  });

  test('takes the context from its own encoding, and the continuation from the joint one', async () => {
    const tokenizer = await load(byteTokenizer(['a b']));
    // Jointly x, ab, c, d: the context still counts x, a, so that the b is in neither.
    expect(encoded(tokenizer, 'xa', ['bcd'], '')).toEqual([{ context: bytes('xa'), continuation: bytes('cd') }]);
  });

  test('encodes the context once', async () => {
    const tokenizer = await load(byteTokenizer());
    const texts: string[] = [];
    const encode: Tokenizer['encode'] = (text, options) => {
      texts.push(text);
      return tokenizer.encode(text, options);
    };
    encoded({ ...tokenizer, encode }, 'Q:', ['a', 'b', 'c']);
    expect(texts).toEqual(['Q:', 'Q: a', 'Q: b', 'Q: c']);
  });
});

describe('the BOS token', () => {
  const config = { bos_token: '<bos>', eos_token: '<eos>' };

  test('is the first of the context where the tokenizer adds it', async () => {
    const tokenizer = await load(byteTokenizer([], bosTemplate(bos)), config);
    expect(encoded(tokenizer, 'Q', ['a'])).toEqual([{ context: [bos, ...bytes('Q')], continuation: bytes(' a') }]);
  });

  test('is not added to a text that has it', async () => {
    const tokenizer = await load(byteTokenizer([], bosTemplate(bos)), config);
    expect(encoded(tokenizer, '<bos>Q', ['a'])[0]!.context).toEqual([bos, ...bytes('Q')]);
    expect(encoded(tokenizer, 'Q<bos>', ['a'])[0]!.context).toEqual([bos, ...bytes('Q'), bos]);
  });

  test('stands for an empty context, or else the EOS token does', async () => {
    const tokenizer = await load(byteTokenizer([], bosTemplate(bos)), config);
    expect(encoded(tokenizer, '', ['a'])).toEqual([{ context: [bos], continuation: bytes(' a') }]);
    expect(encoded(tokenizer, '', ['<bos>a'], '')).toEqual([{ context: [bos], continuation: bytes('a') }]);
    const onlyEos = await load(byteTokenizer(), { eos_token: '<eos>' });
    expect(encoded(onlyEos, '', ['a'])).toEqual([{ context: [257], continuation: bytes(' a') }]);
  });

  test('is missed where there is none', async () => {
    const tokenizer = await load(byteTokenizer());
    expect(() => encoded(tokenizer, '', ['a'])).toThrow(expect.objectContaining({ kind: 'checkpoint' }));
  });
});

describe('nothing to score is a dataset error with the row', () => {
  test('a continuation that the joint encoding swallows', async () => {
    const tokenizer = await load(byteTokenizer(['a b']));
    expect(() => encoded(tokenizer, 'a', ['c', 'b'], '')).toThrow(
      expect.objectContaining({
        kind: 'dataset',
        message: expect.stringMatching(/^made.json, row 5, choice 1: the continuation \("b"\)/),
      }),
    );
  });

  test('a context of whitespace alone, which all moves', async () => {
    const tokenizer = await load(byteTokenizer());
    expect(() => encoded(tokenizer, ' \n', ['a'])).toThrow(/^made.json, row 5, choice 0: the context/);
    const withBos = await load(byteTokenizer([], bosTemplate(bos)), { bos_token: '<bos>' });
    expect(encoded(withBos, ' \n', ['a'])).toEqual([{ context: [bos], continuation: bytes(' \n a') }]);
  });
});

describe('a whole text', () => {
  // lm-evaluation-harness's `get_rolling_token_windows` and `make_disjoint_window` for 7 tokens in a window of 3.
  test('is cut into windows of which each token is the continuation of one', async () => {
    const tokenizer = await load(byteTokenizer([], bosTemplate(bos)), { eos_token: '<eos>' });
    const plain = await load(byteTokenizer(), { bos_token: '<bos>' });
    const windows = (text: string, length: number) => encodeRolling(plain, text, length, 'made.json, row 5');
    expect(windows('abcdefg', 3)).toEqual([
      { context: [bos], continuation: bytes('abc') },
      { context: bytes('c'), continuation: bytes('def') },
      { context: bytes('def'), continuation: bytes('g') },
    ]);
    expect(windows('abc', 3)).toEqual([{ context: [bos], continuation: bytes('abc') }]);
    expect(windows('ab', 3)).toEqual([{ context: [bos], continuation: bytes('ab') }]);
    // The tokenizer's own BOS token is a token to predict, as there.
    expect(encodeRolling(tokenizer, 'ab', 9, '')[0].continuation).toEqual([bos, ...bytes('ab')]);
    expect(() => windows('', 3)).toThrow('made.json, row 5: the text has no tokens to score.');
  });
});
