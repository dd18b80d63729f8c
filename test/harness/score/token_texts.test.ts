import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Tokenizer } from '../../../src/checkpoint/tokenizer/tokenizer.ts';
import { encodeRequests } from '../../../src/harness/score/encode.ts';
import { prepare } from '../../../src/harness/score/prepare_batches.ts';
import { tokenTexts } from '../../../src/harness/score/token_texts.ts';
import { load } from '../../checkpoint/tokenizer/byte_tokenizer.ts';

async function tokenizerOf(name: string): Promise<Tokenizer> {
  const file = new URL(`../../fixtures/tokenizer/${name}.json`, import.meta.url);
  const { tokenizer } = JSON.parse(readFileSync(file, 'utf8'));
  const [{ id, content }] = tokenizer.added_tokens;
  const decoder = tokenizer.decoder ?? {
    type: 'ByteLevel',
    add_prefix_space: true,
    trim_offsets: true,
    use_regex: true,
  };
  return { ...(await load({ ...tokenizer, decoder })), eos: { id, content } };
}

test.each(['gpt2', 'llama2', 'llama3', 'gemma', 'qwen2'])(
  'of %s they are the continuation, character by character',
  async (name) => {
    const tokenizer = await tokenizerOf(name);
    for (const continuation of [' the naïve answer\n is  日本 🟥🟥, €5', 'x', ' 🟥', '\u00a0é'])
      for (const context of ['Question: 🟥\nAnswer:', 'A', '日']) {
        const [request] = encodeRequests(tokenizer, { requests: [[context, continuation]], place: 'row 1' });
        const texts = tokenTexts(tokenizer, request);
        expect(texts).toHaveLength(request.continuation.length);
        const whole = tokenizer.decode([...request.context, ...request.continuation]);
        expect(texts.join('')).toBe(whole.slice(tokenizer.decode(request.context).length));
        expect(texts.slice(0, -1).join('')).not.toContain('\uFFFD');
      }
  },
);

test('stand beside the targets of each request, window and tree', async () => {
  const tokenizer = await tokenizerOf('qwen2');
  const options = { maxLength: 6, vocabularySize: tokenizer.largestId + 1, batchTokens: 64, tokens: true };
  const text = 'one two three four five six seven';
  const place = 'row 1';
  const asked = [
    {
      requests: [
        ['Why:', ' so'],
        ['Why:', ' not'],
      ] as [string, string][],
      rolling: false,
      place,
    },
    { requests: [['', text]] as [string, string][], rolling: true, place },
  ];
  const { batches } = prepare(tokenizer, asked, options);
  const documents = batches.flatMap((batch) => batch.documents);
  const [choices] = documents.filter(({ index }) => index === 0);
  expect(choices.requestTexts!.map((texts) => texts.join(''))).toEqual([' so', ' not']);
  const windows = documents.filter(({ index }) => index === 1).sort((a, b) => a.window - b.window);
  expect(windows.length).toBeGreaterThan(1);
  expect(windows.flatMap(({ requestTexts }) => requestTexts![0]).join('')).toBe(text);
  for (const { requestTargets, requestTexts } of documents)
    expect(requestTexts!.map(({ length }) => length)).toEqual(requestTargets.map(({ length }) => length));
  const bare = prepare(tokenizer, asked, { ...options, tokens: false }).batches.flatMap((batch) => batch.documents);
  expect(bare.every(({ requestTexts }) => requestTexts === undefined)).toBe(true);
});
