/** Matrix products, which take nearly all of the time, in the form that a TensorFlow.js backend is fast at. */
import type { Tensor, TensorFlow } from './tensorflow.ts';

export interface Products {
  /** `x` [N, in] · `weight` [out, in]ᵀ: [N, out]. */
  linear(x: Tensor, weight: Tensor): Tensor;
  /** `a` [G, m, k] · `b` [G, k, n] for each of G: [G, m, n]. */
  batched(a: Tensor, b: Tensor): Tensor;
}

export function plainProducts(tf: TensorFlow): Products {
  return {
    linear: (x, weight) => tf.matMul(x, weight, false, true),
    batched: (a, b) => tf.matMul(a, b),
  };
}

/**
 * For WebAssembly, whose kernel multiplies two matrices ten to thirty times faster than many at once, or than any that
 * are to be transposed. The weight is the left factor because XNNPACK keeps a second, packed copy of the right one.
 */
export function singleProducts(tf: TensorFlow): Products {
  return {
    linear: (x, weight) => tf.transpose(tf.matMul(weight, tf.transpose(x))),
    batched(a, b) {
      const right = tf.unstack(b);
      return tf.stack(tf.unstack(a).map((left, i) => tf.matMul(left, right[i])));
    },
  };
}
