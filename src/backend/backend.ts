import type { TensorInfo } from '../checkpoint/types.ts';
import { HonEvalError } from '../errors.ts';
import type { Ops, PastRole, StepBatch, TokenScores, TreeBatch } from '../model/ops.ts';

/** Types that a backend may compute in. */
export const dtypes = ['float32', 'float16', 'bfloat16', 'float64'] as const;
export type Dtype = (typeof dtypes)[number];

/**
 * Columns of a batch are a multiple of this: without it ONNX Runtime's fused attention on CUDA takes no mask, and with it
 * its CPU can take the queries in so many blocks.
 */
export const columnStep = 4;

/** Token trees, packed into a rectangle of B rows and S columns; all indices are into its N = B·S cells, row by row. */
export interface Batch {
  rows: number;
  /** A multiple of `columnStep`. */
  columns: number;
  /** [N] token ids; 0 in padding. */
  ids: Int32Array;
  /** [N] depth in the tree, with the trunk's tokens. */
  positions: Int32Array;
  /** [P] ids of tokens that all trees follow, and that are in no row; none where left out. */
  trunk?: Int32Array;
  /**
   * [N] column after the token's subtree. Token i of a row sees token j of the same row where `j <= i && i < end[j]`:
   * its ancestors and itself, and all of the trunk. This isolates trees that share a row, and padding, whose end is the next column.
   */
  ends: Int32Array;
  /** [R] cells that predict a target. */
  headRows: Int32Array;
  /** [K] indices into `headRows`. */
  targetRows: Int32Array;
  /** [K] token ids whose probability is asked for. */
  targets: Int32Array;
}

/** One figure for each of a batch's K targets. */
export interface BatchScores {
  /** Natural log-probabilities. */
  logProbs: Float64Array;
  /** 1 where no other token is more probable. */
  greedy: Uint8Array;
}

export interface BackendOptions {
  /** A name that the backend has, and which of them where there are several: `cpu`, `cuda`, `cuda:1`. */
  device: string;
  dtype: Dtype;
  /** Threads of a CPU; all cores if left out. */
  threads?: number;
}

/** What a run says of the backend that made it. */
export interface BackendInfo {
  name: string;
  version: string;
  device: string;
  dtype: Dtype;
  threads: number;
}

/** A `memory` error: what a backend throws where a model or a batch is too large for its device. */
export function outOfMemory(what: string, device: string): HonEvalError {
  return new HonEvalError(
    'memory',
    `${what} does not fit into the memory of the device "${device}"; use a smaller --dtype or a larger device.`,
  );
}

/** `cuda:1` is the second device called `cuda`. */
export function parseDevice(device: string): { name: string; index: number } {
  const [, name, index = '0'] = /^([^:]+)(?::(\d+))?$/.exec(device) ?? [];
  if (!name) throw new HonEvalError('usage', `"${device}" is not a device: that is a name, or name:number.`);
  return { name, index: Number(index) };
}

/** A backend's device by its name, `cuda` or `cuda:1`, if there is one. */
export function findDevice({ devices }: Pick<Backend, 'devices'>, device: string): Device | undefined {
  const { name } = parseDevice(device);
  return Object.hasOwn(devices, name) ? devices[name] : undefined;
}

/**
 * What is to be computed of a batch: asks for parameters, then gives tensors by the names under which they leave the
 * backend. `buildModel(…).score` gives the scores of the batch's targets.
 */
export type Computation<N extends string> = <T>(ops: Ops<T>) => (batch: TreeBatch<T>) => Record<N, T>;

/** What a computation gave: row-major, without the shapes. */
export type Outputs<N extends string> = Record<N, Float32Array | Float64Array>;

/** The names of a model's scores. */
export type ScoreName = keyof TokenScores<unknown>;

/** A computation loaded on a backend. `run` may block its thread while it computes. */
export interface LoadedModel<N extends string = ScoreName> {
  info: BackendInfo;
  /** Bytes that the device has left for batches, where it has a memory of its own that can be asked. */
  freeMemory?: number;
  /** Rejects with a `memory` error where the batch is too large; a smaller one may fit. */
  run(batch: Batch): Promise<Outputs<N>>;
  /** Bytes that have gone to the device and come back so far, where that is counted. */
  transferred?(): number;
  close(): Promise<void>;
}

/** Logits of what follows each sequence: `buildModel(…).next`. */
export type NextComputation = <T>(ops: Ops<T>) => (batch: StepBatch<T>) => T;

/** New tokens of B sequences in S columns, flattened, with what is remembered of the earlier ones. */
export interface Step {
  rows: number;
  columns: number;
  /** [B·S] token ids; 0 in the padding behind a sequence's new tokens. */
  ids: Int32Array;
  /** [B·S] */
  positions: Int32Array;
  /**
   * [B, S, capacity + S]: what is added to the score of a new token for each of the places for earlier tokens, and for
   * each of the new ones: 0, or so little that its weight is 0.
   */
  mask: Float32Array;
  /** [B] tokens that each sequence has already. */
  lengths: Int32Array;
  /** [B] cells of each sequence's last new token. */
  lastRows: Int32Array;
  /** Places for earlier tokens that `past` has for each sequence. */
  capacity: number;
  /** One array for each of `LoadedDecoder.entries`, as `Cache` lays them out. */
  past: Float32Array[];
}

export interface StepResult {
  /** [B, vocabularySize] */
  logits: Float32Array;
  /** What is to be remembered of the new tokens: [B·S, heads·headSize] for each of `LoadedDecoder.entries`. */
  fresh: Float32Array[];
}

/** What a model remembers of some sequences, its rows. */
export interface SequenceCache {
  /** Tokens of each row. */
  readonly lengths: readonly number[];
  /** Forgets the rows behind the first `rows`, or adds empty ones. */
  resize(rows: number): void;
  /** Row `to` becomes what row `row` of `source` is, a cache of the same decoder. */
  copy(source: SequenceCache, row: number, to: number): void;
  /**
   * Reads new tokens of every row, at least one each, remembers them, and gives the logits of what follows them:
   * [rows, vocabularySize].
   * @param first Where each row's positions are counted from: 0 if left out.
   */
  advance(tokens: readonly (readonly number[])[], first?: readonly number[]): Promise<Float32Array>;
}

/** A model that continues sequences. `run` may block its thread while it computes. */
export interface LoadedDecoder {
  info: BackendInfo;
  /** What the model remembers of a token. */
  entries: readonly CacheEntry[];
  /** Rejects with a `memory` error where the step is too large. */
  run(step: Step): Promise<StepResult>;
  /** A cache whose tensors stay on the device, where that has a memory of its own; empty, without rows. */
  openCache?(): SequenceCache;
  /** Bytes that have gone to the device and come back so far, where that is counted. */
  transferred?(): number;
  close(): Promise<void>;
}

/** Whether a device can be used on this machine. */
export type DeviceState =
  | {
      present: true;
      /** What it is: `NVIDIA H200, 139 GiB`, `16 threads`. */
      detail: string;
      /** Whether it is a program on the CPU that passes for a GPU: right, and slow. */
      emulated?: boolean;
      /** What it computes in, where that is not all of `Device.types`. */
      types?: readonly Dtype[];
    }
  | {
      present: false;
      /** Why not, as the end of a sentence without its full stop. */
      reason: string;
      /** A sentence or two: the command or the files that would enable it. */
      remedy: string;
      /** Whether the hardware is there, and only software is missing. */
      hardware: boolean;
    };

/** Something that a backend computes with. */
export interface Device {
  /** What is busy while it computes: all cores, a GPU, or one thread of JavaScript. */
  kind: 'cpu' | 'gpu' | 'javascript';
  /** What it computes in; the first is the usual one. */
  types: readonly Dtype[];
  /** Its place among the devices of all backends, the fastest first; one without a rank is used only where it is named. */
  rank?: number;
  /** How many of it the machine has, `cuda:0` and on; one if left out. */
  count?(): number;
}

/** A runtime: it implements `Ops` and knows no architecture. */
export interface Backend {
  name: string;
  /** Devices by name; the first is the usual one. */
  devices: Readonly<Record<string, Device>>;
  /**
   * Looks whether a device, `cuda` or `cuda:1`, can be used; quick, and without a word on stderr.
   * @param inHardware Whether a GPU that is a program on the CPU is none.
   */
  probe(device: string, inHardware?: boolean): Promise<DeviceState>;
  load<N extends string>(
    tensors: ReadonlyMap<string, TensorInfo>,
    build: Computation<N>,
    options: BackendOptions,
  ): Promise<LoadedModel<N>>;
  loadDecoder(
    tensors: ReadonlyMap<string, TensorInfo>,
    build: NextComputation,
    options: BackendOptions,
  ): Promise<LoadedDecoder>;
}

/** Finds a parameter and checks its shape; throws a `checkpoint` error that names it where it is not as expected. */
export function findParameter(
  tensors: ReadonlyMap<string, TensorInfo>,
  name: string,
  shape: readonly number[],
): TensorInfo {
  const info = tensors.get(name);
  if (!info) throw new HonEvalError('checkpoint', `The checkpoint lacks the tensor "${name}" of shape [${shape}].`);
  if (info.shape.length !== shape.length || info.shape.some((size, axis) => size !== shape[axis]))
    throw new HonEvalError(
      'checkpoint',
      `The checkpoint's tensor "${name}" has shape [${info.shape}] where config.json asks for [${shape}].`,
    );
  return info;
}

/** Scores a batch: log-probabilities, in float64, from the parts that `Ops.tokenScores` gives. */
export async function score(model: LoadedModel, batch: Batch): Promise<BatchScores> {
  const { centred, sum } = await model.run(batch);
  return {
    logProbs: Float64Array.from(centred, (value, i) => value - Math.log(sum[i])),
    greedy: Uint8Array.from(centred, (value) => Number(value === 0)),
  };
}

/** One of the things that a model remembers of every token. */
export interface CacheEntry {
  role: PastRole;
  heads: number;
  headSize: number;
}
