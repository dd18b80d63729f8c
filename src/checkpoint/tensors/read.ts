import type { TensorInfo } from '../types.ts';
import { derive } from './derived.ts';
import { readStored } from './stored.ts';

/** The numbers of a checkpoint's tensor, row-major. Throws a `checkpoint` error where its file is not what it was. */
export function readTensor(info: TensorInfo): Promise<Float32Array> {
  return 'computed' in info ? derive(info, readTensor) : readStored(info);
}
