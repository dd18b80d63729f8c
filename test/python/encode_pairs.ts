/**
 * Cuts requests into tokens as hon-eval does: `node encode_pairs.ts MODEL_FOLDER < lines`, one line a document,
 * `[[context, continuation], …]` in, `[[context ids, continuation ids], …]` out.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadTokenizer } from '../../src/checkpoint/tokenizer/tokenizer.ts';
import { encodeRequests } from '../../src/harness/score/encode.ts';

const folder = process.argv[2]!;
const tokenizer = await loadTokenizer({
  config: {},
  tokenizerFile: join(folder, 'tokenizer.json'),
  tokenizerConfigFile: join(folder, 'tokenizer_config.json'),
});
let lines = 0;
for await (const line of createInterface({ input: process.stdin })) {
  lines++;
  const encoded = encodeRequests(tokenizer, { requests: JSON.parse(line), place: `line ${lines}` });
  console.log(JSON.stringify(encoded.map((request) => [request.context, request.continuation])));
}
