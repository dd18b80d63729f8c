import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { type HonEvalIntroduction, type HonEvalScored, type HonEvalTiming, Peer } from './peer.ts';
import { cpuProduct, timeProduct } from './product.ts';
import { tell } from './setup.ts';
import { searchBatchSizes, type TaskResult, type Tolerance, takeTurns } from './turns.ts';

export interface Options {
  /** Folders of checkpoints, by the name of their shape. */
  models: Map<string, string>;
  tasks: string[];
  honOrders: number[];
  documents: number;
  /** Before each question. */
  shots: number;
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

export interface HonResult {
  order: number;
  peakBytes?: number;
  /** One list of repeats a task. */
  runs: HonEvalTiming[][];
}

/** Documents that a model scores, untimed, before it is timed. */
const warmUpDocuments = 4;

/** docs/parity.md says why a longer continuation may differ by more. */
const tolerance: Tolerance = { request: 1e-4, token: 2e-5 };

export async function measure(options: Options): Promise<Results> {
  let versions = {};
  const shapes: ShapeResult[] = [];
  for (const [shape, model] of options.models) {
    const searches = await searchBatchSizes(() => startLmEval(options, model), {
      what: `${shape}, lm-eval:`,
      tasks: options.tasks,
      batchSizes: options.batchSizes,
      documents: options.searchDocuments,
      warmUpDocuments,
    });
    const lmEval = await startLmEval(options, model);
    const honEval = await startHonEval(options, model, 1);
    const compared = await compare(options, shape, lmEval, honEval, searches);
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

export function startLmEval(
  { python, data, threads, shots }: Pick<Options, 'python' | 'data' | 'threads' | 'shots'>,
  model: string,
): Promise<Peer> {
  const script = join(import.meta.dirname, 'lm_eval_peer.py');
  return Peer.start(python, [script, model, data, 'cpu', 'float32', `${threads}`, `${shots}`]);
}

function startHonEval(
  { data, threads, shots }: Options,
  model: string,
  order: number,
): Promise<Peer<HonEvalIntroduction>> {
  const script = join(import.meta.dirname, 'hon_eval_peer.ts');
  const flags = ['--model', model, '--data', data, '--threads', `${threads}`, '--shots', `${shots}`];
  return Peer.start(process.execPath, [script, ...flags, ...(order > 1 ? ['--order', `${order}`] : [])]);
}

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
    const match = { what: shape, task, baseline: lmEval, honEval, search: searches[t] };
    const turns = takeTurns({ ...match, documents, warmUpDocuments, repeats, tolerance }, async () => {
      products.onnxruntime.push(await timeProduct(threads));
      products.torch.push((await lmEval.ask<{ seconds: number }>({ product: cpuProduct })).seconds);
    });
    tasks.push(await turns);
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
