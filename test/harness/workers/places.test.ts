import { describe, expect, test } from 'vitest';
import { namedDevice, placesOf, type WorkerOptions } from '../../../src/harness/workers/places.ts';

const on = (device: string, options: WorkerOptions & { threads?: number }) =>
  placesOf({ models: [], backend: 'onnx', device, dtype: 'float32', ...options });

describe('places of workers', () => {
  test('on a CPU share its threads', async () => {
    expect(await on('cpu', {})).toEqual([]);
    expect((await on('cpu', { workers: 3, threads: 8 })).map(({ threads }) => threads)).toEqual([3, 3, 2]);
    expect((await on('cpu', { workers: 3, threads: 2 })).map(({ threads }) => threads)).toEqual([1, 1, 1]);
  });

  test('are devices by number or name, each once', async () => {
    process.env.CUDA_VISIBLE_DEVICES = '4,5,7';
    const devices = async (text: string) =>
      (await on('cuda', { devices: text, threads: 6 })).map(({ device }) => device);
    expect(await devices('all')).toEqual(['cuda:0', 'cuda:1', 'cuda:2']);
    expect(await devices('0, 2')).toEqual(['cuda:0', 'cuda:2']);
    expect(await devices('cuda:1,cuda:1')).toEqual(['cuda:1']);
    await expect(devices('0,3')).rejects.toThrow(/^There is no cuda:3: this machine has 3 of cuda/);
    delete process.env.CUDA_VISIBLE_DEVICES;
    expect(await on('cpu', { devices: 'all', threads: 4 })).toEqual([{ device: 'cpu', threads: 4 }]);
  });

  test('are of one kind', () => {
    expect(namedDevice('cuda:0,cuda:1')).toBe('cuda');
    expect(namedDevice('0,1')).toBeUndefined();
    expect(() => namedDevice('cuda:0,webgpu')).toThrow(/of one kind, got cuda and webgpu/);
  });
});
