import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { type Dtype, parseDevice } from '../src/backend/backend.ts';
import { describeGpu, nvidiaGpu } from '../src/backend/nvidia.ts';
import { versions } from '../src/harness/versions.ts';
import { type HonEvalIntroduction, Peer } from './peer.ts';
import { cpuProduct, type ProductSize } from './product.ts';
import { type CheckpointTools, makeCheckpoint, tell } from './setup.ts';
import { Steps } from './steps.ts';
import { searchBatchSizes, type TaskResult, type Tolerance, takeTurns } from './turns.ts';

export interface GpuOptions extends CheckpointTools {
  shapes: string[];
  orders: number[];
  dtypes: Dtype[];
  device: string;
  /** What hon-eval is compared with; `auto` is what can be imported, `vllm` and the first of the others. */
  baselines: ('auto' | BaselineName)[];
  tasks: string[];
  documents: number;
  /** Documents on which the baseline's best batch size is looked for, and that warm both sides up. */
  searchDocuments: number;
  repeats: number;
  batchSizes: string[];
  data: string;
  /** Folder of the requests' texts. */
  requests: string;
  /** Whether what earlier runs have measured is measured anew. */
  fresh: boolean;
}

export const baselineNames = ['lm-eval', 'transformers', 'vllm'] as const;
export type BaselineName = (typeof baselineNames)[number];

export interface GpuResults {
  machine: { device: string; cpu: string; threads: number };
  versions: Record<string, string>;
  /** The product that the rates are compared with. */
  product: ProductSize;
  models: GpuModelResult[];
}

export interface GpuModelResult extends Comparison {
  parameters: number;
  /** Memory of the GPU, or on a CPU of the process, that each side took at most; missing where it is not told, or cut off. */
  peakBytes: { baseline?: number; honEval?: number };
  /** Seconds of torch's plain matrix product in the dtype, taken after every repeat. */
  products: number[];
  tasks: TaskResult[];
}

/** What is compared with what. */
interface Comparison {
  shape: string;
  order: number;
  dtype: Dtype;
  baseline: BaselineName;
}

const gpuProduct: ProductSize = [8192, 8192, 8192];

/**
 * In float32 as on a CPU. The others have 11 and 8 bits; lm-evaluation-harness takes the log-softmax and the sum of a
 * request in them as well. With random weights it was off by up to 0.05 a token in bfloat16 and transformers by up to
 * 0.007 in float16, where another token is off by about 1.
 */
const tolerances: Record<string, Tolerance> = {
  float32: { request: 1e-4, token: 2e-5 },
  float16: { request: 0.02, token: 0.01 },
  bfloat16: { request: 0.2, token: 0.1 },
};

/** @param onModel Given the results so far whenever a model's are complete. */
export async function measureGpu(
  options: GpuOptions,
  onModel: (results: GpuResults) => Promise<void>,
): Promise<GpuResults> {
  const setup = await prepareSetup(options);
  const results: GpuResults = {
    machine: { device: setup.deviceName, cpu: cpus()[0].model.trim(), threads: availableParallelism() },
    versions: {},
    product: setup.product,
    models: [],
  };
  for (const shape of options.shapes)
    for (const dtype of options.dtypes) {
      const standard = await makeCheckpoint(shape, dtype, options);
      for (const order of options.orders) {
        const model = order === 1 ? standard : await makeHigherOrder(standard, order);
        for (const baseline of setup.baselines) {
          // It knows no Higher-Order Attention.
          if (baseline === 'vllm' && order > 1) continue;
          const { versions, ...result } = await measureModel(setup, model, { shape, order, dtype, baseline });
          Object.assign(results.versions, versions);
          results.models.push(result);
          await onModel(results);
        }
      }
    }
  return results;
}

/** The options with what the machine decides. */
interface Setup extends GpuOptions {
  baselines: BaselineName[];
  steps: Steps;
  product: ProductSize;
  deviceName: string;
  /** Where the libraries are that ONNX Runtime's provider needs. */
  env: NodeJS.ProcessEnv;
}

async function prepareSetup(options: GpuOptions): Promise<Setup> {
  const { python, device, documents, searchDocuments, repeats, batchSizes, data, fresh, work } = options;
  const { name, index } = parseDevice(device);
  const gpu = name === 'cuda' ? nvidiaGpu(index) : undefined;
  const deviceName = gpu ? describeGpu(gpu) : device;
  const settings = { deviceName, documents, searchDocuments, repeats, batchSizes, data, versions: versions() };
  return {
    ...options,
    baselines: options.baselines.flatMap((baseline) => (baseline === 'auto' ? presentBaselines(python) : [baseline])),
    steps: await Steps.open(work, settings, fresh),
    product: name === 'cpu' ? cpuProduct : gpuProduct,
    deviceName,
    env: name === 'cuda' ? { LD_LIBRARY_PATH: libraryPath(python) } : {},
  };
}

function presentBaselines(python: string): BaselineName[] {
  const first = canImport(python, 'lm_eval') ? 'lm-eval' : 'transformers';
  return canImport(python, 'vllm') ? [first, 'vllm'] : [first];
}

function canImport(python: string, module: string): boolean {
  try {
    execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** PyTorch brings CUDA's and cuDNN's libraries along; ONNX Runtime's provider takes the same. */
function libraryPath(python: string): string {
  const find =
    'import pathlib, torch; print(*pathlib.Path(torch.__file__).parents[1].glob("nvidia/*/lib"), sep=":", end="")';
  const folders = execFileSync(python, ['-c', find], { encoding: 'utf8' });
  return [process.env.LD_LIBRARY_PATH, folders].filter(Boolean).join(':');
}

/** A checkpoint with the weights of `standard` and a `hon` key: `shared`, queries and keys. */
async function makeHigherOrder(standard: string, order: number): Promise<string> {
  const folder = `${standard}-order${order}`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  for (const file of await readdir(standard)) {
    if (file.endsWith('.safetensors')) await symlink(join(standard, file), join(folder, file));
    else await copyFile(join(standard, file), join(folder, file));
  }
  const config = JSON.parse(await readFile(join(standard, 'config.json'), 'utf8'));
  const hon = { order, projections: ['q', 'k'], inner: 'shared' };
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, hon }));
  return folder;
}

/** What the sides said when they were started, beside what they gave. */
interface MeasuredTask {
  result: TaskResult;
  products: number[];
  parameters: number;
  versions: Record<string, string>;
}

async function measureModel(
  setup: Setup,
  model: string,
  comparison: Comparison,
): Promise<GpuModelResult & { versions: Record<string, string> }> {
  const { shape, order, dtype, baseline } = comparison;
  const what = `${shape}, order ${order}, ${dtype}, ${baseline}:`;
  const { tasks, documents, searchDocuments, repeats, product, steps } = setup;
  const step = (name: string) => `${shape}-order${order}-${dtype}-${baseline}-${name}`;
  const startOther = () => startBaseline(setup, model, comparison);
  const warmUpDocuments = searchDocuments;
  const batchSizes = baseline === 'vllm' ? ['auto'] : setup.batchSizes;
  const search = { what, tasks, batchSizes, documents: searchDocuments, warmUpDocuments };
  const searches = await steps.take(step(`search-${tasks.join('+')}`), () => searchBatchSizes(startOther, search));
  const sides = new Sides(setup.device, startOther, () => startHonEval(setup, model, dtype));
  const measured: MeasuredTask[] = [];
  for (const [t, task] of tasks.entries()) {
    const measuring = async (): Promise<MeasuredTask> => {
      const { other, honEval } = await sides.start();
      const products: number[] = [];
      const match = { what, task, baseline: other, honEval, search: searches[t], documents, warmUpDocuments, repeats };
      const result = await takeTurns({ ...match, tolerance: tolerances[dtype] }, async () => {
        products.push((await other.ask<{ seconds: number }>({ product })).seconds);
      });
      const { parameters, versions } = honEval.introduction;
      return { result, products, parameters, versions: { ...versions, ...other.introduction.versions } };
    };
    measured.push(await steps.take(step(task), measuring));
  }
  const peakBytes = await steps.take(step('memory'), () => sides.close());
  tell(`${what} done`);
  const [{ parameters, versions }] = measured;
  const products = measured.flatMap((task) => task.products);
  return { ...comparison, parameters, peakBytes, products, tasks: measured.map(({ result }) => result), versions };
}

/** The two processes that take turns, from when they are first needed. */
class Sides {
  readonly #device: string;
  readonly #startOther: () => Promise<Peer>;
  readonly #startHonEval: () => Promise<Peer<HonEvalIntroduction>>;
  #started?: { other: Peer; honEval: Peer<HonEvalIntroduction> };

  constructor(device: string, startOther: () => Promise<Peer>, startHonEval: () => Promise<Peer<HonEvalIntroduction>>) {
    this.#device = device;
    this.#startOther = startOther;
    this.#startHonEval = startHonEval;
  }

  async start() {
    this.#started ??= { other: await this.#startOther(), honEval: await this.#startHonEval() };
    return this.#started;
  }

  /**
   * Ends both, and says what memory they took at most; nothing where they were not needed. Neither PyTorch nor ONNX
   * Runtime gives a GPU's memory back before it ends, so it is what is free again once the process has ended.
   */
  async close(): Promise<GpuModelResult['peakBytes']> {
    if (!this.#started) return {};
    const { other, honEval } = this.#started;
    const resident = { baseline: other.peakBytes(), honEval: honEval.peakBytes() };
    const before = this.#freeMemory();
    await other.close();
    const between = this.#freeMemory();
    await honEval.close();
    const after = this.#freeMemory();
    if (before === undefined || between === undefined || after === undefined) return resident;
    return { baseline: between - before, honEval: after - between };
  }

  #freeMemory(): number | undefined {
    const { name, index } = parseDevice(this.#device);
    return name === 'cuda' ? nvidiaGpu(index)?.freeMemory : undefined;
  }
}

function startBaseline({ python, data, requests, device }: Setup, model: string, { baseline, dtype }: Comparison) {
  const scripts = { 'lm-eval': 'lm_eval_peer.py', transformers: 'transformers_peer.py', vllm: 'vllm_peer.py' };
  const rows = baseline === 'lm-eval' ? data : requests;
  const threads = `${availableParallelism()}`;
  return Peer.start(python, [join(import.meta.dirname, scripts[baseline]), model, rows, device, dtype, threads]);
}

function startHonEval({ data, device, env }: Setup, model: string, dtype: Dtype): Promise<Peer<HonEvalIntroduction>> {
  const script = join(import.meta.dirname, 'hon_eval_peer.ts');
  const flags = ['--model', model, '--data', data, '--device', device, '--dtype', dtype];
  return Peer.start(process.execPath, [script, ...flags], env);
}
