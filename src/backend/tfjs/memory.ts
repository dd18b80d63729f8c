/** A decoder's caches as tensors that stay where TensorFlow.js computes. */
import type { CacheEntry } from '../backend.ts';
import { pastShape } from '../cache.ts';
import type { Block, DeviceMemory, DeviceStep, Source } from '../device_cache.ts';
import { type Tensor, type TensorFlow, takeRows } from './tensorflow.ts';

/** Places for tokens that a row has at first. */
const blankCapacity = 64;

/** Runs a step on a block: the logits, and what is to be remembered of the new tokens, for each entry. */
export type RunStep = (block: Block<Tensor>, step: DeviceStep) => Promise<{ logits: Float32Array; fresh: Tensor[] }>;

export function tfjsMemory(tf: TensorFlow, entries: readonly CacheEntry[], run: RunStep): DeviceMemory<Tensor> {
  const each = (make: (entry: CacheEntry, i: number) => Tensor) =>
    entries.map((entry, i) => tf.tidy(() => make(entry, i)));

  return {
    blank() {
      const tensors = each((entry) => tf.zeros(pastShape(entry, 1, blankCapacity)));
      return { tensors, rows: 1, capacity: blankCapacity };
    },
    async gather(sources, capacity) {
      const tensors = each((entry, i) => gatherRows(tf, sources, i, entry, capacity));
      return { tensors, rows: sources.length, capacity };
    },
    async step(block, step) {
      const { logits, fresh } = await run(block, step);
      const tensors = each((entry, i) => append(tf, entry, block.tensors[i], fresh[i], step));
      tf.dispose(fresh);
      return { logits, block: { ...block, tensors } };
    },
    free: ({ tensors }) => tf.dispose([...tensors]),
  };
}

/** Rows of several blocks in their order, each with places for `capacity` tokens. */
function gatherRows(
  tf: TensorFlow,
  sources: readonly Source<Tensor>[],
  i: number,
  entry: CacheEntry,
  capacity: number,
) {
  const blocks = [...new Set(sources.map(({ block }) => block))];
  const starts = new Map<Block<Tensor>, number>();
  let rows = 0;
  const parts = blocks.map((block) => {
    starts.set(block, rows);
    rows += block.rows;
    return withPlaces(tf, block.tensors[i], entry, block, capacity);
  });
  const order = sources.map(({ block, row }) => starts.get(block)! + row);
  return takeRows(tf, tf.concat(parts, 0), tf.tensor1d(order, 'int32'));
}

/** A block's tensor with more places, of zeros, or with its first ones alone. */
function withPlaces(tf: TensorFlow, x: Tensor, entry: CacheEntry, { rows, capacity }: Block<Tensor>, wanted: number) {
  if (wanted <= capacity) return tf.slice(x, [0, 0, 0, 0], pastShape(entry, rows, wanted));
  const more = tf.zeros(pastShape(entry, rows, wanted - capacity));
  return tf.concat([x, more], entry.role === 'keys' ? 3 : 2);
}

/** New tokens are put at their places by a product with a matrix of ones and zeros. */
function append(
  tf: TensorFlow,
  { role, heads, headSize }: CacheEntry,
  past: Tensor,
  fresh: Tensor,
  step: DeviceStep,
): Tensor {
  const [rows, columns] = [step.lengths.length, step.columns];
  const isKeys = role === 'keys';
  const capacity = past.shape[isKeys ? 3 : 2]!;
  const lengths = tf.tensor(step.lengths, [rows, 1, 1], 'int32');
  const places = tf.range(0, capacity, 1, 'int32');
  const target = tf.add(lengths, tf.reshape(tf.range(0, columns, 1, 'int32'), [1, columns, 1]));
  const ones = tf.cast(tf.equal(tf.reshape(places, [1, 1, capacity]), target), 'float32');
  // The heads of a row share its places: one product a row.
  const perPlace = tf.matMul(ones, tf.reshape(fresh, [rows, columns, heads * headSize]), true);
  const perHead = tf.reshape(perPlace, [rows, capacity, heads, headSize]);
  const placed = tf.transpose(perHead, isKeys ? [0, 2, 3, 1] : [0, 2, 1, 3]);
  const isEarlier = tf.less(tf.reshape(places, [1, capacity]), tf.reshape(lengths, [rows, 1]));
  const earlier = tf.reshape(tf.cast(isEarlier, 'float32'), isKeys ? [rows, 1, 1, capacity] : [rows, 1, capacity, 1]);
  return tf.add(tf.mul(past, earlier), placed);
}
