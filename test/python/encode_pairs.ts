/**
 * Cuts requests into tokens as hon-eval does: `node encode_pairs.ts MODEL_FOLDER WINDOW < lines`, one line a document,
 * `[[context, continuation], …]` in, or `[[text]]` for a whole text, and `[[context ids, continuation ids], …]` out.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadTokenizer } from '../../src/checkpoint/tokenizer/tokenizer.ts';
import { encodeRequests, encodeRolling } from '../../src/harness/score/encode.ts';

const folder = process.argv[2]!;
const tokenizer = await loadTokenizer({
  config: {},
  tokenizerFile: join(folder, 'tokenizer.json'),
  tokenizerConfigFile: join(folder, 'tokenizer_config.json'),
});
let lines = 0;
for await (const line of createInterface({ input: process.stdin })) {
  lines++;
  const place = `line ${lines}`;
  const requests = JSON.parse(line);
  const encoded =
    requests[0].length === 1
      ? encodeRolling(tokenizer, requests[0][0], Number(process.argv[3]), place)
      : encodeRequests(tokenizer, { requests, place });
  console.log(JSON.stringify(encoded.map((request) => [request.context, request.continuation])));
}
