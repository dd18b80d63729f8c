/**
 * What it costs to ask a model about all 1,000 answers of an AIME problem at once:
 *
 *     node bench/aime.ts MODEL_FOLDER DATA_FOLDER [THREADS]
 *
 * DATA_FOLDER holds aime24.jsonl. Each problem is scored as a tree of its 1,000 answers, and, in turn with it, as a plain
 * forward pass over the same problem that predicts one token after its end. Prints the times, the medians of 5, over all
 * problems, and their ratio.
 */
import { availableParallelism } from 'node:os';
import { type LoadedModel, score } from '../src/backend/backend.ts';
import { findBackend } from '../src/backend/index.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { loadTokenizer } from '../src/checkpoint/tokenizer/tokenizer.ts';
import { loadRows } from '../src/dataset/read.ts';
import { askedOf, encodeRequests } from '../src/harness/score/encode.ts';
import { type Prepared, prepareEncoded } from '../src/harness/score/prepare_batches.ts';
import { documentMaker } from '../src/harness/task/ask.ts';
import { selectTasks } from '../src/harness/task/registry.ts';
import type { EncodedRequest } from '../src/harness/tree/request.ts';
import { buildModel, describeModel } from '../src/model/index.ts';
import { median } from './statistics.ts';

const rounds = 5;

const [folder, data, threads = String(availableParallelism())] = process.argv.slice(2);
const checkpoint = await openCheckpoint(folder);
const { contextLength: maxLength, vocabularySize } = describeModel(checkpoint.config);
const tokenizer = await loadTokenizer(checkpoint);
const options = { device: 'cpu', dtype: 'float32', threads: Number(threads) } as const;
const backend = await findBackend('onnx', options.device, options.dtype);
const model = await backend.load(checkpoint.tensors, (ops) => buildModel(ops, checkpoint.config).score, options);

const [task] = await selectTasks(['aime24']);
const asked = (await loadRows(task, { data })).rows.map(documentMaker(task));
const problems = asked.map((document) => {
  const encoded = encodeRequests(tokenizer, askedOf(document, task));
  const [{ context, continuation }] = encoded;
  const place = document.place;
  return { tree: batchOf(encoded, place), plain: batchOf([{ context, continuation: [continuation[0]] }], place) };
});

const seconds = { tree: 0, plain: 0 };
for (const { tree, plain } of problems) {
  await time(model, plain);
  const times = { tree: [] as number[], plain: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.plain.push(await time(model, plain));
    times.tree.push(await time(model, tree));
  }
  seconds.tree += median(times.tree);
  seconds.plain += median(times.plain);
}
await model.close();

const placed = (kind: 'tree' | 'plain') =>
  problems.flatMap((problem) => problem[kind].batches.flatMap(({ documents }) => documents));
const tokens = (kind: 'tree' | 'plain') => placed(kind).reduce((sum, document) => sum + document.tokens, 0);
const alone = placed('tree').reduce((sum, document) => sum + document.requestTokens, 0);
console.log(`${problems.length} problems, ${threads} threads, ${model.info.name} ${model.info.version}`);
console.log(`plain forward passes  ${tokens('plain')} tokens  ${seconds.plain.toFixed(3)} s`);
console.log(`trees of 1,000        ${tokens('tree')} tokens  ${seconds.tree.toFixed(3)} s`);
console.log(`each answer alone     ${alone} tokens`);
console.log(`a tree takes ${(seconds.tree / seconds.plain).toFixed(2)} times a plain forward pass`);

function batchOf(encoded: EncodedRequest[], place: string): Prepared {
  return prepareEncoded([{ encoded, place }], { maxLength, vocabularySize, batchTokens: 1 });
}

/** Seconds for one problem. */
async function time(model: LoadedModel, { batches }: Prepared): Promise<number> {
  const started = performance.now();
  for (const { batch } of batches) await score(model, batch);
  return (performance.now() - started) / 1000;
}
