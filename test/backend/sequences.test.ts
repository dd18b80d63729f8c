import { expect, test } from 'vitest';
import type { LoadedDecoder } from '../../src/backend/backend.ts';
import { advance, Cache } from '../../src/backend/cache.ts';
import { onnx } from '../../src/backend/onnx/index.ts';
import { Sequences } from '../../src/backend/sequences.ts';
import { buildModel } from '../../src/model/index.ts';
import { randomWeights, temporaryFolder, tinyConfig, writeSafetensors } from '../model/tiny_checkpoint.ts';

const config = {
  ...tinyConfig,
  max_position_embeddings: 8192,
  hon: { order: 2, projections: ['q' as const, 'k' as const], inner: 'shared' as const },
};

/** Notes how many tokens each step has. */
async function openDecoder(): Promise<{ decoder: LoadedDecoder; parts: number[] }> {
  const tensors = writeSafetensors(temporaryFolder(), randomWeights(tinyConfig, config.hon));
  const options = { device: 'cpu', dtype: 'float32', threads: 1 } as const;
  const decoder = await onnx.loadDecoder(tensors, (ops) => buildModel(ops, config).next, options);
  const parts: number[] = [];
  const run: LoadedDecoder['run'] = (step) => {
    parts.push(step.columns);
    return decoder.run(step);
  };
  return { decoder: { ...decoder, run }, parts };
}

const text = (length: number) => Array.from({ length }, (_, i) => (i * i + 3 * i) % tinyConfig.vocab_size);

test('a long sequence is read in parts, and what follows is the same', async () => {
  const { decoder, parts } = await openDecoder();
  const whole = new Cache(decoder.entries);
  whole.resize(1);
  const expected = await advance(decoder, whole, [text(1300)]);
  parts.length = 0;
  const sequences = new Sequences(decoder);
  const actual = await sequences.read(text(1300));
  expect(parts).toEqual([512, 512, 276]);
  expected.forEach((logit, i) => {
    expect(Math.abs(actual[i] - logit)).toBeLessThan(1e-4);
  });

  const next = await advance(decoder, whole, [[7]]);
  sequences.put(0);
  const step = await sequences.step([7]);
  next.forEach((logit, i) => {
    expect(Math.abs(step[i] - logit)).toBeLessThan(1e-4);
  });
  await decoder.close();
});

test('parts become shorter where more is before them', async () => {
  const { decoder, parts } = await openDecoder();
  await new Sequences(decoder).read(text(8000));
  expect(parts.reduce((a, b) => a + b)).toBe(8000);
  expect(parts[0]).toBe(512);
  expect(parts.at(-2)).toBeLessThan(300);
  await decoder.close();
});
