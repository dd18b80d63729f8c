/**
 * hon-eval's side of the benchmark: the parts of `hon-eval run`, with the model loaded once.
 *
 *     node bench/hon_eval_peer.ts --model FOLDER --data FOLDER [--device cuda] [--dtype bfloat16] [--threads N]
 *       [--order N] [--shots N]
 *
 * Introduces itself, then answers questions, one line of JSON each: `{task, documents}` times scoring a task's first
 * documents. An order makes the checkpoint a Higher-Order one with the same weights (`shared`, q and k).
 */
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { columnStep, type Dtype } from '../src/backend/backend.ts';
import { deviceKind } from '../src/backend/index.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { parameterCount } from '../src/checkpoint/parameters.ts';
import { loadTokenizer } from '../src/checkpoint/tokenizer/tokenizer.ts';
import { loadTask } from '../src/harness/load_task.ts';
import type { Score } from '../src/harness/record/scored.ts';
import { automaticBatchTokens } from '../src/harness/score/batch_size.ts';
import { type AskedDocument, encodeRequests } from '../src/harness/score/encode.ts';
import { Parts } from '../src/harness/score/parts.ts';
import { PreparePool, preparingThreads } from '../src/harness/score/prepare_pool.ts';
import { type ScoringModel, scoreDocuments } from '../src/harness/score/score_documents.ts';
import { ScoringWorker } from '../src/harness/score/scoring_worker.ts';
import { makeDocuments } from '../src/harness/task/make_documents.ts';
import { selectTasks } from '../src/harness/task/registry.ts';
import { versions } from '../src/harness/versions.ts';
import { flopCounter } from '../src/model/cost.ts';
import { describeModel } from '../src/model/index.ts';
import type { HonEvalIntroduction, HonEvalScored } from './peer.ts';

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: '' },
    data: { type: 'string', default: '' },
    device: { type: 'string', default: 'cpu' },
    dtype: { type: 'string', default: 'float32' },
    threads: { type: 'string', default: `${availableParallelism()}` },
    order: { type: 'string' },
    shots: { type: 'string', default: '0' },
  },
});
const { data } = flags;
const checkpoint = await openCheckpoint(flags.model);
if (flags.order) checkpoint.config.hon = { order: Number(flags.order), projections: ['q', 'k'], inner: 'shared' };
const config = describeModel(checkpoint.config);
const countFlops = flopCounter(checkpoint.config);
const tokenizer = await loadTokenizer(checkpoint);
const backend = { device: flags.device, dtype: flags.dtype as Dtype, threads: Number(flags.threads) };
const worker = await ScoringWorker.start(checkpoint, 'onnx', backend);
const kind = await deviceKind({ backend: 'onnx', device: flags.device });
const pool = new PreparePool(checkpoint, preparingThreads(kind));
/** Of a row's columns, those that a token is compared with, on average. */
const visiblePart = kind === 'cpu' ? (columnStep + 1) / (2 * columnStep) : 1;
let batchTokens = automaticBatchTokens({ ...backend, kind, freeMemory: worker.freeMemory }, checkpoint.config);
const introduction: HonEvalIntroduction = {
  versions: { ...versions(), 'onnxruntime-node': worker.info.version },
  parameters: parameterCount(checkpoint),
  weightBytes: [...checkpoint.tensors.values()].reduce(
    (sum, tensor) => sum + ('computed' in tensor ? 0 : tensor.length),
    0,
  ),
};
answer(introduction);
for await (const line of createInterface({ input: process.stdin })) {
  const { task, documents } = JSON.parse(line);
  answer(await timeTask(task, documents));
}
await Promise.all([worker.close(), pool.close()]);

function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function timeTask(name: string, limit: number): Promise<HonEvalScored> {
  const [task] = await selectTasks([name]);
  const silent = { notice() {}, download() {} };
  const reading = { data, limit, shots: Number(flags.shots), dtype: backend.dtype };
  const options = { ...reading, models: [], tasks: [name], command: [], journalFolder: () => '' };
  const loaded = await loadTask(task, makeDocuments, options, silent);
  const asked = [...Parts.from(loaded).asked];
  const { contextLength: maxLength, vocabularySize } = config;
  const scored: Score[][] = [];
  const work = { cells: 0, flops: 0 };
  const busyBefore = worker.busySeconds;
  const started = performance.now();
  const scoring: ScoringModel<AskedDocument> = {
    batchTokens,
    prepare: (part, batchTokens) => pool.prepare(part, { maxLength, vocabularySize, batchTokens }),
    score(batch) {
      const tokens = batch.rows * batch.columns;
      work.cells += tokens;
      const visible = visiblePart * batch.columns + (batch.trunk?.length ?? 0);
      work.flops += countFlops({ tokens, visible, predicting: batch.headRows.length });
      return worker.score({ batch });
    },
  };
  const counts = { tokens: 0, tokenize: 0, pack: 0 };
  await scoreDocuments(asked, scoring, {
    keep({ documents: batch, seconds }) {
      counts.tokenize += seconds.tokenize;
      counts.pack += seconds.pack;
      for (const [index, { scores, tokens }] of batch) {
        scored[index] = scores;
        counts.tokens += tokens;
      }
    },
  });
  batchTokens = scoring.batchTokens;
  const timing = {
    seconds: (performance.now() - started) / 1000,
    tokenizing: counts.tokenize,
    packing: counts.pack,
    backend: worker.busySeconds - busyBefore,
    tokens: counts.tokens,
    ...work,
    flopsAlone: flopsAlone(asked),
  };
  return {
    timing,
    choices: asked.map((document) => document.requests.length),
    logLikelihoods: scored.flat().map((score) => score.logLikelihood),
    continuationTokens: scored.flat().map((score) => score.tokens),
  };
}

/** Of every request scored alone, without padding, where every token passes through all of the model. */
function flopsAlone(asked: AskedDocument[]): number {
  const requests = asked.flatMap((document) => encodeRequests(tokenizer, document));
  return requests.reduce((sum, { context, continuation }) => {
    const tokens = Math.min(config.contextLength, context.length + continuation.length - 1);
    return sum + countFlops({ tokens, visible: tokens, predicting: tokens });
  }, 0);
}
