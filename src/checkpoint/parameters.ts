import { elementCount } from './safetensors_header.ts';
import type { Checkpoint } from './types.ts';

/** Masks and rotary tables that transformers once saved beside the parameters, and has since computed. */
const buffers = /\.(attention\.(masked_)?bias|rotary_emb\.inv_freq)$/;

/** How many numbers the checkpoint's parameters are; a matrix that is stored twice counts twice. */
export function parameterCount({ tensors }: Checkpoint): number {
  let count = 0;
  for (const [name, { shape }] of tensors) if (!buffers.test(name)) count += elementCount(shape);
  return count;
}
