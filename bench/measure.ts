import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import {
  type HonEvalIntroduction,
  type HonEvalScored,
  type HonEvalTiming,
  Peer,
  type Scored,
  type Timing,
} from './peer.ts';
import { timeProduct } from './product.ts';

export interface Options {
  /** Folders of checkpoints, by the name of their shape. */
  models: Map<string, string>;
  tasks: string[];
  honOrders: number[];
  documents: number;
  /** Documents on which lm-evaluation-harness's best batch size is looked for. */
  searchDocuments: number;
  repeats: number;
  batchSizes: string[];
  data: string;
  python: string;
  threads: number;
}

export interface Results {
  machine: { cpu: string; threads: number; memoryBytes: number };
  versions: Record<string, string>;
  shapes: ShapeResult[];
}

export interface ShapeResult {
  shape: string;
  parameters: number;
  weightBytes: number;
  /** Peak memory of the processes that were compared; missing where the system does not tell. */
  peakBytes: { lmEval?: number; honEval?: number };
  tasks: TaskResult[];
  /** Seconds of the plain matrix product, taken after every repeat. */
  products: { onnxruntime: number[]; torch: number[] };
  hon: HonResult[];
}

export interface TaskResult {
  task: string;
  documents: number;
  requests: number;
  /** Seconds of lm-evaluation-harness on the documents of the search, by batch size; those that failed are missing. */
  search: Record<string, number>;
  batchSize: string;
  lmEval: Timing[];
  honEval: HonEvalTiming[];
  /** Largest difference of a log-likelihood. */
  difference: number;
}

export interface HonResult {
  order: number;
  peakBytes?: number;
  /** One list of repeats a task. */
  runs: HonEvalTiming[][];
}

/** Documents that a model scores, untimed, before it is timed. */
const warmUpDocuments = 4;

export async function measure(options: Options): Promise<Results> {
  let versions = {};
  const shapes: ShapeResult[] = [];
  for (const [shape, model] of options.models) {
    const batchSizes = await searchBatchSizes(options, shape, model);
    const lmEval = await startLmEval(options, model);
    const honEval = await startHonEval(options, model, 1);
    const compared = await compare(options, shape, lmEval, honEval, batchSizes);
    const peakBytes = { lmEval: lmEval.peakBytes(), honEval: honEval.peakBytes() };
    await Promise.all([lmEval.close(), honEval.close()]);
    const { parameters, weightBytes } = honEval.introduction;
    const hon = await measureHon(options, shape, model);
    shapes.push({ shape, parameters, weightBytes, peakBytes, ...compared, hon });
    versions = { ...honEval.introduction.versions, ...lmEval.introduction.versions };
  }
  const machine = { cpu: cpus()[0].model.trim(), threads: options.threads, memoryBytes: totalmem() };
  return { machine, versions, shapes };
}

function startLmEval({ python, data, threads }: Options, model: string): Promise<Peer> {
  return Peer.start(python, [join(import.meta.dirname, 'lm_eval_peer.py'), model, data, `${threads}`]);
}

function startHonEval({ data, threads }: Options, model: string, order: number): Promise<Peer<HonEvalIntroduction>> {
  const script = join(import.meta.dirname, 'hon_eval_peer.ts');
  return Peer.start(process.execPath, [script, model, data, `${threads}`, `${order}`]);
}

/** Times every batch size on every task, in a process of its own: the large ones would show in the peak memory. */
async function searchBatchSizes(options: Options, shape: string, model: string): Promise<TaskResult['search'][]> {
  let lmEval = await startLmEval(options, model);
  const searches: TaskResult['search'][] = [];
  for (const task of options.tasks) {
    const search: TaskResult['search'] = {};
    await lmEval.ask({ task, documents: warmUpDocuments, batchSize: '1' });
    for (const batchSize of options.batchSizes) {
      tell(`${shape} ${task}: lm-eval, batch size ${batchSize}`);
      const question = { task, documents: options.searchDocuments, batchSize };
      try {
        search[batchSize] = (await lmEval.ask<Scored<Timing>>(question)).timing.seconds;
      } catch {
        tell(`${shape} ${task}: batch size ${batchSize} failed, most likely for lack of memory`);
        lmEval = await startLmEval(options, model);
      }
    }
    if (Object.keys(search).length === 0) throw new Error(`lm-eval ran ${task} with none of the batch sizes.`);
    searches.push(search);
  }
  await lmEval.close();
  return searches;
}

/** Both sides by turns on every task, lm-evaluation-harness at its best batch size. */
async function compare(
  options: Options,
  shape: string,
  lmEval: Peer,
  honEval: Peer,
  searches: TaskResult['search'][],
): Promise<Pick<ShapeResult, 'tasks' | 'products'>> {
  const { documents, repeats, threads } = options;
  const products: ShapeResult['products'] = { onnxruntime: [], torch: [] };
  const tasks: TaskResult[] = [];
  for (const [t, task] of options.tasks.entries()) {
    const search = searches[t];
    const batchSize = Object.keys(search).reduce((best, size) => (search[size] < search[best] ? size : best));
    const result: TaskResult = {
      ...{ task, documents: 0, requests: 0, search, batchSize },
      ...{ lmEval: [], honEval: [], difference: 0 },
    };
    for (const peer of [lmEval, honEval]) await peer.ask({ task, documents: warmUpDocuments, batchSize });
    for (let repeat = 1; repeat <= repeats; repeat++) {
      tell(`${shape} ${task}: repeat ${repeat} of ${repeats}`);
      const theirs = await lmEval.ask<Scored<Timing>>({ task, documents, batchSize });
      const ours = await honEval.ask<HonEvalScored>({ task, documents });
      result.difference = Math.max(result.difference, largestDifference(`${shape} ${task}`, theirs, ours));
      result.lmEval.push(theirs.timing);
      result.honEval.push(ours.timing);
      result.documents = ours.documents;
      result.requests = ours.logLikelihoods.length;
      products.onnxruntime.push(await timeProduct(threads));
      products.torch.push((await lmEval.ask<{ seconds: number }>({ product: true })).seconds);
    }
    tasks.push(result);
  }
  return { tasks, products };
}

/** Orders of the shared recursion by turns, on the same weights; all of them are loaded at once. */
async function measureHon(options: Options, shape: string, model: string): Promise<HonResult[]> {
  const { honOrders, tasks, documents, repeats } = options;
  if (honOrders.length < 2) return [];
  const peers: Peer[] = [];
  for (const order of honOrders) peers.push(await startHonEval(options, model, order));
  const results = honOrders.map((order): HonResult => ({ order, runs: tasks.map(() => []) }));
  for (const [t, task] of tasks.entries()) {
    for (const peer of peers) await peer.ask({ task, documents: warmUpDocuments });
    for (let repeat = 1; repeat <= repeats; repeat++) {
      tell(`${shape} ${task}: Hon orders, repeat ${repeat} of ${repeats}`);
      for (const [i, peer] of peers.entries()) {
        const { timing } = await peer.ask<HonEvalScored>({ task, documents });
        results[i].runs[t].push(timing);
      }
    }
  }
  for (const [i, peer] of peers.entries()) {
    results[i].peakBytes = peer.peakBytes();
    await peer.close();
  }
  return results;
}

/** Throws where the two disagree; docs/parity.md says why a longer continuation may differ by more. */
function largestDifference(what: string, theirs: Scored<Timing>, ours: HonEvalScored): number {
  const [a, b] = [theirs.logLikelihoods, ours.logLikelihoods];
  if (a.length !== b.length) throw new Error(`${what}: lm-eval scored ${a.length} requests, hon-eval ${b.length}.`);
  const differences = a.map((logLikelihood, i) => Math.abs(logLikelihood - b[i]));
  const wrong = differences.findIndex((difference, i) => !(difference <= 1e-4 + 2e-5 * ours.continuationTokens[i]));
  if (wrong >= 0)
    throw new Error(
      `${what}, request ${wrong}: the log-likelihood is ${a[wrong]} by lm-eval, ${b[wrong]} by hon-eval.`,
    );
  return Math.max(...differences);
}

/** No figures here: none are told before they are checked. */
function tell(message: string): void {
  console.error(message);
}
