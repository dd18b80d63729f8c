import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { type Dtype, parseDevice } from '../src/backend/backend.ts';
import { describeGpu, nvidiaGpu } from '../src/backend/nvidia.ts';
import { type HonEvalIntroduction, Peer } from './peer.ts';
import { cpuProduct, type ProductSize } from './product.ts';
import { type CheckpointTools, makeCheckpoint, tell } from './setup.ts';
import { searchBatchSizes, type TaskResult, type Tolerance, takeTurns } from './turns.ts';

export interface GpuOptions extends CheckpointTools {
  shapes: string[];
  orders: number[];
  dtypes: Dtype[];
  device: string;
  /** `lm-eval`, `transformers`, or `auto`: the first of them that can be imported. */
  baseline: string;
  tasks: string[];
  documents: number;
  /** Documents on which the baseline's best batch size is looked for, and that warm both sides up. */
  searchDocuments: number;
  repeats: number;
  batchSizes: string[];
  data: string;
  /** Folder of the requests' texts. */
  requests: string;
}

export interface GpuResults {
  machine: { device: string; cpu: string; threads: number };
  versions: Record<string, string>;
  baseline: string;
  /** The product that the rates are compared with. */
  product: ProductSize;
  models: GpuModelResult[];
}

export interface GpuModelResult {
  shape: string;
  order: number;
  dtype: Dtype;
  parameters: number;
  /** Memory of the GPU, or on a CPU of the process, that each side took at most; missing where it is not told. */
  peakBytes: { baseline?: number; honEval?: number };
  /** Seconds of torch's plain matrix product in the dtype, taken after every repeat. */
  products: number[];
  tasks: TaskResult[];
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
    baseline: setup.baseline,
    product: setup.product,
    models: [],
  };
  for (const shape of options.shapes)
    for (const dtype of options.dtypes) {
      const standard = await makeCheckpoint(shape, dtype, options);
      for (const order of options.orders) {
        const model = order === 1 ? standard : await makeHigherOrder(standard, order);
        const { versions, ...result } = await measureModel(setup, model, { shape, order, dtype });
        Object.assign(results.versions, versions);
        results.models.push(result);
        await onModel(results);
      }
    }
  return results;
}

/** The options with what the machine decides. */
interface Setup extends GpuOptions {
  product: ProductSize;
  deviceName: string;
  /** Where the libraries are that ONNX Runtime's provider needs. */
  env: NodeJS.ProcessEnv;
}

async function prepareSetup(options: GpuOptions): Promise<Setup> {
  const { python, device } = options;
  const baseline = options.baseline === 'auto' && !canImport(python, 'lm_eval') ? 'transformers' : options.baseline;
  const { name, index } = parseDevice(device);
  const gpu = name === 'cuda' ? nvidiaGpu(index) : undefined;
  return {
    ...options,
    baseline: baseline === 'auto' ? 'lm-eval' : baseline,
    product: name === 'cpu' ? cpuProduct : gpuProduct,
    deviceName: gpu ? describeGpu(gpu) : device,
    env: name === 'cuda' ? { LD_LIBRARY_PATH: libraryPath(python) } : {},
  };
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

async function measureModel(
  setup: Setup,
  model: string,
  { shape, order, dtype }: Pick<GpuModelResult, 'shape' | 'order' | 'dtype'>,
): Promise<GpuModelResult & { versions: Record<string, string> }> {
  const what = `${shape}, order ${order}, ${dtype}:`;
  const { tasks, batchSizes, documents, searchDocuments, repeats, product } = setup;
  const startOther = () => startBaseline(setup, model, dtype);
  const warmUpDocuments = searchDocuments;
  const search = { what, tasks, batchSizes, documents: searchDocuments, warmUpDocuments };
  const searches = await searchBatchSizes(startOther, search);
  const memory = new MemoryMeter(setup.device);
  const baseline = await startOther();
  const honEval = await startHonEval(setup, model, dtype);
  const results: TaskResult[] = [];
  const products: number[] = [];
  for (const [t, task] of tasks.entries()) {
    const match = { what, task, baseline, honEval, search: searches[t], documents, warmUpDocuments, repeats };
    const turns = takeTurns({ ...match, tolerance: tolerances[dtype] }, async () => {
      products.push((await baseline.ask<{ seconds: number }>({ product })).seconds);
    });
    results.push(await turns);
  }
  const peakBytes = await memory.closing(baseline, honEval);
  tell(`${what} done`);
  const { parameters, versions } = honEval.introduction;
  return {
    ...{ shape, order, dtype, parameters, peakBytes, products, tasks: results },
    versions: { ...versions, ...baseline.introduction.versions },
  };
}

function startBaseline({ baseline, python, data, requests, device }: Setup, model: string, dtype: Dtype) {
  const [script, rows] =
    baseline === 'lm-eval' ? ['lm_eval_peer.py', data] : (['transformers_peer.py', requests] as const);
  const threads = `${availableParallelism()}`;
  return Peer.start(python, [join(import.meta.dirname, script), model, rows, device, dtype, threads]);
}

function startHonEval({ data, device, env }: Setup, model: string, dtype: Dtype): Promise<Peer<HonEvalIntroduction>> {
  const script = join(import.meta.dirname, 'hon_eval_peer.ts');
  const flags = ['--model', model, '--data', data, '--device', device, '--dtype', dtype];
  return Peer.start(process.execPath, [script, ...flags], env);
}

/**
 * What each of two processes took of a GPU at most. Neither PyTorch nor ONNX Runtime gives memory back before it ends,
 * so it is what is free again once the process has ended.
 */
class MemoryMeter {
  readonly #gpu?: number;

  constructor(device: string) {
    const { name, index } = parseDevice(device);
    if (name === 'cuda') this.#gpu = index;
  }

  /** Ends both. */
  async closing(baseline: Peer, honEval: Peer): Promise<GpuModelResult['peakBytes']> {
    const resident = { baseline: baseline.peakBytes(), honEval: honEval.peakBytes() };
    const before = this.#free();
    await baseline.close();
    const between = this.#free();
    await honEval.close();
    const after = this.#free();
    if (before === undefined || between === undefined || after === undefined) return resident;
    return { baseline: between - before, honEval: after - between };
  }

  #free(): number | undefined {
    return this.#gpu === undefined ? undefined : nvidiaGpu(this.#gpu)?.freeMemory;
  }
}
