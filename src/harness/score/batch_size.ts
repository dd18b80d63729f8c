import type { Device } from '../../backend/backend.ts';
import type { ModelConfig } from '../../model/architecture.ts';

/** Cells of a batch on a CPU: large enough for full speed of the products, small enough to stay near its caches. */
const cpuBatchTokens = 1024;

/** On a GPU, where there is memory for it: more makes its products no faster. */
const gpuBatchTokens = 32768;

/** Part of a device's free memory that a batch may take; what it really takes is not known beforehand. */
const usableMemory = 0.5;

/** Numbers in the logits of a batch that are sure to be counted right: GPU kernels do so in 32 bits. */
const largestLogits = 2 ** 31 - 1;

/**
 * Cells of a batch for a kind of device and a model.
 * @param freeMemory Bytes that the device has left once the model is loaded; the answer is cautious where unknown.
 */
export function automaticBatchTokens(kind: Device['kind'], config: ModelConfig, freeMemory?: number): number {
  if (kind !== 'gpu') return cpuBatchTokens;
  const fitting = ((freeMemory ?? 4 * 2 ** 30) * usableMemory) / bytesPerToken(config);
  const countable = largestLogits / config.vocabularySize;
  return Math.max(cpuBatchTokens, Math.floor(Math.min(gpuBatchTokens, fitting, countable)));
}

/** At most: every token predicts a target, and float32 logits are there three times; a layer has a dozen activations. */
function bytesPerToken({ vocabularySize, hiddenSize }: ModelConfig): number {
  return 4 * (3 * vocabularySize + 12 * hiddenSize);
}
