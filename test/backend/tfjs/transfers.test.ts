/** What TensorFlow is really given and asked for by its binding, below all that counts it in the backend. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test, vi } from 'vitest';
import type { Batch } from '../../../src/backend/backend.ts';
import { openCheckpoint } from '../../../src/checkpoint/open.ts';
import { buildModel, describeModel } from '../../../src/model/index.ts';
import { testDevices, testOptions } from '../devices.ts';

const { config, tensors } = await openCheckpoint(new URL('../../fixtures/model/hon-qk', import.meta.url).pathname);
const devices = testDevices.filter(({ device }) => device === 'node');

/** Bytes that go into TensorFlow, and that are read from it, while `work` is done. */
async function bytesMoved(work: () => Promise<unknown>): Promise<{ sent: number; received: number }> {
  const backend = tf.backend();
  const moved = { sent: 0, received: 0 };
  const { write, readSync } = backend;
  const spies = [
    vi.spyOn(backend, 'write').mockImplementation((values, ...others) => {
      moved.sent += (values as Float32Array).byteLength;
      return write.call(backend, values, ...others);
    }),
    vi.spyOn(backend, 'readSync').mockImplementation((id) => {
      const values = readSync.call(backend, id);
      moved.received += (values as Float32Array).byteLength;
      return values;
    }),
    vi.spyOn(backend, 'read').mockRejectedValue(new Error('read without being counted')),
  ];
  await work().finally(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return moved;
}

/** Texts without branches, of which every token predicts another. */
function batch(rows: number, columns: number): Batch {
  const list = (value: (i: number) => number) => Int32Array.from({ length: rows * columns }, (_, i) => value(i));
  return {
    ...{ rows, columns },
    ...{ ids: list((i) => i % 7), positions: list((i) => i % columns), ends: list(() => columns) },
    ...{ headRows: list((i) => i), targetRows: list((i) => i), targets: list(() => 1) },
  };
}

describe.each(devices)('$backend.name on $device', (on) => {
  test('scoring sends a batch and receives two numbers a target', async () => {
    const model = await on.backend.load(tensors, (ops) => buildModel(ops, config).score, testOptions(on));
    const constants: number[] = [];
    for (const [rows, columns] of [
      [2, 8],
      [4, 24],
    ]) {
      const { sent, received } = await bytesMoved(() => model.run(batch(rows, columns)));
      expect(received).toBe(rows * columns * 2 * 4);
      constants.push(sent - rows * columns * 6 * 4);
    }
    // Shapes, axes and factors of the operations are sent too, which are as many however large the batch is.
    expect(constants[0]).toBe(constants[1]);
    await model.close();
  });

  test('a step of decoding sends a few numbers and receives the logits, however long the text is', async () => {
    const decoder = await on.backend.loadDecoder(tensors, (ops) => buildModel(ops, config).next, testOptions(on));
    const cache = decoder.openCache!();
    cache.resize(2);
    await cache.advance([[1, 2, 3], [4]]);
    const { vocabularySize } = describeModel(config);
    const moved: { sent: number; received: number }[] = [];
    for (let step = 0; step < 6; step++) moved.push(await bytesMoved(() => cache.advance([[5], [6]])));
    await cache.advance([Array(20).fill(7), Array(20).fill(8)]);
    moved.push(await bytesMoved(() => cache.advance([[5], [6]])));
    expect(new Set(moved.map(({ received }) => received))).toEqual(new Set([2 * vocabularySize * 4]));
    expect(new Set(moved.map(({ sent }) => sent)).size).toBe(1);
    await decoder.close();
  });
});

test.skipIf(devices.length > 0)('@tensorflow/tfjs-node is not there, or has no binding: docs/backends.md', () => {});
