import type { Tensor, TensorFlow } from './tensorflow.ts';

/** The way between this program's arrays and the tensors of a device, with a count of what has gone over it. */
export class Traffic {
  bytes = 0;
  readonly #tf: TensorFlow;

  constructor(tf: TensorFlow) {
    this.#tf = tf;
  }

  send(values: Int32Array | Float32Array, shape: number[]): Tensor {
    this.bytes += values.byteLength;
    return this.#tf.tensor(values, shape, values instanceof Int32Array ? 'int32' : 'float32');
  }

  /** The values of a tensor, which is gone then. */
  receive(tensor: Tensor): Float32Array {
    const values = tensor.dataSync() as Float32Array;
    this.bytes += values.byteLength;
    tensor.dispose();
    return values;
  }
}
