import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { endTokens } from '../../src/checkpoint/end_tokens.ts';

const folder = mkdtempSync(join(tmpdir(), 'hon-eval-end-tokens-'));
const generationConfigFile = join(folder, 'generation_config.json');
afterAll(() => rmSync(folder, { recursive: true }));

const eos = { content: '<eos>', id: 7 };

describe('endTokens', () => {
  it.each([
    [{ eos_token_id: 3 }, [3, 7]],
    [{ eos_token_id: [3, 7, 5] }, [3, 7, 5]],
    [{ eos_token_id: null }, [7]],
    [{}, [7]],
  ])("takes generation_config.json's and the tokenizer's: %j", async (generation, expected) => {
    writeFileSync(generationConfigFile, JSON.stringify(generation));
    expect(await endTokens({ config: { eos_token_id: 9 }, generationConfigFile }, { eos })).toEqual(expected);
  });

  it("takes config.json's where there is no other file", async () => {
    expect(await endTokens({ config: { eos_token_id: 9 } }, {})).toEqual([9]);
    expect(await endTokens({ config: {} }, {})).toEqual([]);
  });

  it.each(['"7"', '[1, "x"]', '1.5', '{}'])('refuses %s', async (value) => {
    writeFileSync(generationConfigFile, `{"eos_token_id":${value}}`);
    await expect(endTokens({ config: {}, generationConfigFile }, { eos })).rejects.toMatchObject({
      kind: 'checkpoint',
      message: expect.stringContaining('its eos_token_id is neither an id nor a list of them.'),
    });
  });
});
