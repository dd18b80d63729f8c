/** Files that PyTorch wrote (test/python/pytorch_fixtures.py), against safetensors twins of the same tensors. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPytorch } from '../../../src/checkpoint/pytorch/index.ts';
import { readSafetensors } from '../../../src/checkpoint/safetensors/file.ts';
import { readTensor } from '../../../src/checkpoint/tensors/read.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/pytorch');

test.each([
  ['zip.bin', 'views.safetensors'],
  ['protocol4.bin', 'views.safetensors'],
  ['legacy.bin', 'views.safetensors'],
  ['float8.bin', 'float8.safetensors'],
  ['float8.bin', 'float8_values.safetensors'],
])('%s has the tensors of %s', async (file, twin) => {
  const pickled = await readPytorch(join(fixtures, file));
  const expected = await readSafetensors(join(fixtures, twin));
  expect([...pickled.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, info] of expected) {
    const found = pickled.get(name)!;
    expect(found.shape, name).toEqual(info.shape);
    if (twin !== 'float8_values.safetensors') expect(found.dtype, name).toBe(info.dtype);
    expect(await readTensor(found), name).toEqual(await readTensor(info));
  }
});

test('tensors that share a storage share its bytes', async () => {
  for (const file of ['zip.bin', 'legacy.bin']) {
    const tensors = await readPytorch(join(fixtures, file));
    expect(tensors.get('tied')).toEqual(tensors.get('table'));
    expect(tensors.get('row')).toMatchObject({ shape: [10], length: 40 });
    expect(tensors.get('columns')).toHaveProperty('computed');
  }
});
