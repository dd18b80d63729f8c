/** TensorFlow.js as the backend sees it: whichever copy of its core the device's own package came with. */
import type { Tensor } from '@tensorflow/tfjs-core';

export type TensorFlow = typeof import('@tensorflow/tfjs-core');
export type { Tensor };

/** Rows of `x` [R, …] by their indices [n]: `tf.gather` would read the indices back on TensorFlow and in WebAssembly. */
export function takeRows(tf: TensorFlow, x: Tensor, indices: Tensor): Tensor {
  return tf.gatherND(x, tf.expandDims(indices, 1));
}
