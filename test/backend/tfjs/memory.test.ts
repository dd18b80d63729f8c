/** Nothing that TensorFlow.js allocates is forgotten. */
import * as core from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type Batch, score } from '../../../src/backend/backend.ts';
import { tfjs } from '../../../src/backend/tfjs/index.ts';
import { Program, type Value } from '../../../src/backend/tfjs/program.ts';
import { openRuntime } from '../../../src/backend/tfjs/runtime.ts';
import { buildModel } from '../../../src/model/index.ts';
import { randomWeights, temporaryFolder, tinyConfig, writeSafetensors } from '../../model/tiny_checkpoint.ts';

const hon = { order: 2, projections: ['q', 'k'], inner: 'separate' } as const;

function batchOf(rows: number, columns: number): Batch {
  const cells = (value: (i: number) => number) => Int32Array.from({ length: rows * columns }, (_, i) => value(i));
  return {
    rows,
    columns,
    ids: cells((i) => i % 5),
    positions: cells((i) => i % columns),
    ends: cells(() => columns),
    headRows: Int32Array.of(2, 3),
    targetRows: Int32Array.of(0, 1, 1),
    targets: Int32Array.of(1, 2, 3),
  };
}

describe.each(['wasm', 'js'])('on %s', (device) => {
  test('a model keeps its weights from load to close, and a batch leaves nothing', async () => {
    await openRuntime({ device, dtype: 'float32' });
    const before = core.memory().numTensors;
    const weights = randomWeights(tinyConfig, { ...hon, projections: [...hon.projections] });
    const tensors = writeSafetensors(temporaryFolder(), weights);
    const config = { ...tinyConfig, hon: { ...hon, projections: [...hon.projections] } };
    const model = await tfjs.load(tensors, (ops) => buildModel(ops, config).score, { device, dtype: 'float32' });
    const loaded = core.memory().numTensors;
    expect(loaded).toBeGreaterThan(before);
    for (const [rows, columns] of [
      [1, 4],
      [2, 9],
      [1, 4],
    ]) {
      await score(model, batchOf(rows, columns));
      expect(core.memory().numTensors).toBe(loaded);
    }
    await model.close();
    expect(core.memory().numTensors).toBe(before);
  });

  test('a batch that fails leaves nothing either', async () => {
    const tensors = writeSafetensors(temporaryFolder(), randomWeights(tinyConfig, undefined));
    const model = await tfjs.load(tensors, (ops) => buildModel(ops, tinyConfig).score, { device, dtype: 'float32' });
    const loaded = core.memory().numTensors;
    await expect(model.run({ ...batchOf(1, 4), ids: Int32Array.of(1, 2) })).rejects.toThrow();
    expect(core.memory().numTensors).toBe(loaded);
    await model.close();
  });
});

test('a program frees a value after the last step that reads it', async () => {
  const { tf, activate } = await openRuntime({ device: 'js', dtype: 'float32' });
  await activate();
  const program = new Program(tf);
  const input: Value = {};
  const before = tf.memory().numTensors;
  const counts: number[] = [];
  let value = input;
  for (let i = 0; i < 5; i++)
    value = program.step([value, input], (x, y) => {
      counts.push(tf.memory().numTensors - before);
      return tf.add(tf.mul(x, 2), y);
    });
  const unread = program.step([input], (x) => tf.neg(x));
  const { out } = program.runner({ out: value })(() => new Map([[input, tf.tensor1d([1, 10])]]));
  expect([...out.dataSync()]).toEqual([63, 630]);
  // The input, and what the step before made of it.
  expect(counts).toEqual([1, 2, 2, 2, 2]);
  expect(unread.tensor).toBeUndefined();
  out.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('WebAssembly answers with a memory error where its 4 GiB are not enough', async () => {
  const { tf, activate } = await openRuntime({ device: 'wasm', dtype: 'float32' });
  await activate();
  for (const elements of [2 ** 30 - 1, 2 ** 30])
    expect(() => tf.fill([elements], 1)).toThrow(
      expect.objectContaining({ kind: 'memory', message: expect.stringContaining('device "wasm"') }),
    );
  const small = tf.fill([3], 1);
  expect([...small.dataSync()]).toEqual([1, 1, 1]);
  small.dispose();
});
