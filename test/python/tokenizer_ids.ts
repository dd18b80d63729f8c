/**
 * Encodes texts as hon-eval does: `node tokenizer_ids.ts FOLDER < lines`, a text as JSON in each line in, and out
 * `[ids, ids without special tokens, decoded ids, the same without special tokens]`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadTokenizer } from '../../src/checkpoint/tokenizer/tokenizer.ts';

const folder = process.argv[2]!;
const path = (name: string) => (existsSync(join(folder, name)) ? join(folder, name) : undefined);
const config = path('config.json');
const tokenizer = await loadTokenizer({
  config: config === undefined ? {} : JSON.parse(readFileSync(config, 'utf8')),
  tokenizerFile: join(folder, 'tokenizer.json'),
  tokenizerConfigFile: path('tokenizer_config.json'),
  specialTokensMapFile: path('special_tokens_map.json'),
});
for await (const line of createInterface({ input: process.stdin })) {
  const text: string = JSON.parse(line);
  const ids = tokenizer.encode(text);
  const plain = tokenizer.encode(text, { addSpecialTokens: false });
  const decoded = [false, true].map((skipSpecialTokens) => tokenizer.decode(ids, { skipSpecialTokens }));
  console.log(JSON.stringify([ids, plain, ...decoded]));
}
