import { type Activation, geluScale, laplace } from '../../model/activations.ts';
import type { Tensor, TensorFlow } from './tensorflow.ts';

type Kernel = (tf: TensorFlow, x: Tensor) => Tensor;

/** x/2·(1 + y) */
const halves = (tf: TensorFlow, x: Tensor, y: Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(y, 1));
const gelu: Kernel = (tf, x) => halves(tf, x, tf.erf(tf.mul(x, Math.SQRT1_2)));

export const activations: Record<Activation, Kernel> = {
  gelu,
  gelu_10: (tf, x) => tf.clipByValue(gelu(tf, x), -10, 10),
  gelu_tanh: (tf, x) => halves(tf, x, tf.tanh(tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), geluScale))),
  quick_gelu: (tf, x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))),
  silu: (tf, x) => tf.mul(x, tf.sigmoid(x)),
  relu: (tf, x) => tf.relu(x),
  relu2: (tf, x) => tf.square(tf.relu(x)),
  relu6: (tf, x) => tf.clipByValue(x, 0, 6),
  leaky_relu: (tf, x) => tf.maximum(x, tf.mul(x, 0.01)),
  hardswish: (tf, x) => tf.mul(x, tf.mul(tf.clipByValue(tf.add(x, 3), 0, 6), 1 / 6)),
  mish: (tf, x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  sigmoid: (tf, x) => tf.sigmoid(x),
  tanh: (tf, x) => tf.tanh(x),
  laplace: (tf, x) => tf.mul(tf.add(tf.erf(tf.mul(tf.sub(x, laplace.mean), Math.SQRT1_2 / laplace.deviation)), 1), 0.5),
  sqrtsoftplus: (tf, x) => tf.sqrt(tf.softplus(x)),
  linear: (tf, x) => tf.mul(x, 1),
};
