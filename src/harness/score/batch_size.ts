import type { Device, Dtype } from '../../backend/backend.ts';
import type { JsonObject } from '../../json.ts';
import { describeModel } from '../../model/index.ts';
import { traceModel } from '../../model/trace.ts';
import { bytesPerElement } from '../memory.ts';

/** Cells of a batch on a CPU: large enough for full speed of the products, small enough to stay near its caches. */
const cpuBatchTokens = 1024;

/** On a GPU, where there is memory for it: more makes its products no faster. */
const gpuBatchTokens = 32768;

/** Part of a device's free memory that a batch may take: runtimes keep what they have freed, in pieces of all sizes. */
const usableMemory = 0.5;

/** Numbers in the logits of a batch that are sure to be counted right: GPU kernels do so in 32 bits. */
const largestLogits = 2 ** 31 - 1;

/** Columns of a row that its attention is counted with: longer texts than most, and if there are some, a batch is halved. */
const countedColumns = 2048;

/** What a model computes in, and where. */
interface Computing {
  kind: Device['kind'];
  dtype: Dtype;
  /** Bytes that the device has left once the model is loaded; the answer is cautious where unknown. */
  freeMemory?: number;
}

/** Cells of a batch for a device and the model that config.json describes. */
export function automaticBatchTokens({ kind, dtype, freeMemory = 4 * 2 ** 30 }: Computing, config: JsonObject): number {
  if (kind !== 'gpu') return cpuBatchTokens;
  const { contextLength, vocabularySize } = describeModel(config);
  const visible = Math.min(countedColumns, contextLength);
  const bytesOf = (tokens: number) =>
    traceModel(config, { tokens, visible, predicting: tokens, numberBytes: bytesPerElement[dtype] }).activations;
  const fitting = (freeMemory * usableMemory) / (bytesOf(cpuBatchTokens) / cpuBatchTokens);
  const countable = largestLogits / vocabularySize;
  return Math.max(cpuBatchTokens, Math.floor(Math.min(gpuBatchTokens, fitting, countable)));
}
