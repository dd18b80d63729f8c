import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readSafetensors } from '../../../src/checkpoint/safetensors/file.ts';
import { readTensor } from '../../../src/checkpoint/tensors/read.ts';
import { readWeights } from '../../../src/checkpoint/weights.ts';
import { HonEvalError } from '../../../src/errors.ts';
import { pointerTo } from '../../hub/hub_storage.ts';
import { bits16, float32, safetensorsFile, withHeader } from '../safetensors_file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

function write(bytes: Uint8Array | string, name = 'model.safetensors'): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

const entry = (dtype: string, shape: unknown, offsets: unknown) => ({ dtype, shape, data_offsets: offsets });
const file = (header: unknown, data = 0) => write(withHeader(JSON.stringify(header), Buffer.alloc(data)));

describe('readSafetensors', () => {
  it('finds tensors, aligned or not, through links, and leaves out integers', async () => {
    const mask = { dtype: 'BOOL', shape: [3], data: Buffer.from([1, 0, 1]) };
    const written = { mask, scale: float32([], [2.5]), table: bits16('BF16', [2, 2], [0x3f80, 0x4000, 0xbf80, 0]) };
    const path = write(safetensorsFile({ ...written, none: float32([0, 4], []) }, { format: 'pt' }));
    symlinkSync(path, join(folder, 'link.safetensors'));
    const tensors = await readSafetensors(join(folder, 'link.safetensors'));
    expect([...tensors.keys()]).toEqual(['scale', 'table', 'none']);
    expect(tensors.get('table')).toMatchObject({ dtype: 'BF16', shape: [2, 2], file: path, length: 8 });
    expect([...(await readTensor(tensors.get('scale')!))]).toEqual([2.5]);
    expect([...(await readTensor(tensors.get('table')!))]).toEqual([1, 2, -1, 0]);
    expect(await readTensor(tensors.get('none')!)).toHaveLength(0);
  });

  it('accepts a header padded with spaces and a tensor named __proto__', async () => {
    const path = write(
      withHeader('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   ', Buffer.alloc(4)),
    );
    expect([...(await readSafetensors(path)).keys()]).toEqual(['__proto__']);
  });

  const lies: [string, () => string, RegExp][] = [
    ['no bytes', () => write(''), /truncated: it has 0 bytes/],
    ['a header length of 2^60', () => write(Buffer.from('0000000000000010', 'hex')), /1152921504606846976 bytes/],
    [
      'a header beyond the file',
      () => write(withHeader('{}').subarray(0, 9)),
      /truncated: its header has 2 bytes and 1/,
    ],
    ['a Git LFS pointer', () => write(pointerTo(Buffer.alloc(9))), /Git LFS pointer; run "git lfs pull"/],
    ['a header that is not UTF-8', () => write(Buffer.from('0100000000000000ff', 'hex')), /not UTF-8/],
    ['a header that is not JSON', () => write(withHeader('{"a":')), /not JSON/],
    ['a header that is a list', () => file([]), /not a JSON object/],
    ['an entry that is null', () => file({ a: null }), /tensor "a" has the unknown dtype none/],
    ['an unknown dtype', () => file({ a: entry('F33', [1], [0, 4]) }, 4), /tensor "a" has the unknown dtype "F33"/],
    ['a dtype of Object', () => file({ a: entry('toString', [1], [0, 4]) }, 4), /unknown dtype "toString"/],
    [
      'complex numbers',
      () => file({ a: entry('C64', [1], [0, 8]) }, 8),
      /stored as C64; convert the checkpoint to one of F64, F32/,
    ],
    ['a negative size', () => file({ a: entry('F32', [-1], [0, 4]) }, 4), /shape \[-1\], which is not a list of sizes/],
    ['a fractional size', () => file({ a: entry('F32', [0.5], [0, 2]) }, 2), /shape \[0\.5\]/],
    [
      'a size of 2^60',
      () => file({ a: entry('F32', [2 ** 60], [0, 4]) }, 4),
      /shape \[1152921504606847000\], which is not/,
    ],
    [
      'sizes that multiply to 2^100',
      () => file({ a: entry('F32', [2 ** 50, 2 ** 50], [0, 4]) }, 4),
      /takes 4 bytes, but F32/,
    ],
    ['a shape that is a number', () => file({ a: entry('F32', 4, [0, 4]) }, 4), /shape 4/],
    [
      'a shape of many levels',
      () => write(withHeader(`{"a":{"dtype":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`)),
      /its header has more than 100 levels/,
    ],
    ['three offsets', () => file({ a: entry('F32', [1], [0, 4, 8]) }, 4), /data offsets \[0,4,8\]/],
    [
      'an end before the beginning',
      () => file({ a: entry('F32', [1], [4, 0]) }, 4),
      /ends at byte 0, before it begins at 4/,
    ],
    [
      'a length that is not the shape',
      () => file({ a: entry('F16', [2], [0, 5]) }, 5),
      /takes 5 bytes, but F16 of shape \[2\] takes 4/,
    ],
    [
      'overlapping tensors',
      () => file({ a: entry('F32', [2], [0, 8]), b: entry('F32', [1], [4, 8]) }, 8),
      /tensor "b" begins at byte 4, inside the tensor before it/,
    ],
    [
      'a gap between tensors',
      () => file({ a: entry('F32', [1], [0, 4]), b: entry('F32', [1], [8, 12]) }, 12),
      /the bytes 4 to 8 of its data belong to no tensor/,
    ],
    [
      'offsets outside the file',
      () => file({ a: entry('F32', [2], [0, 8]) }, 7),
      /truncated: its tensors take 8 bytes and 7/,
    ],
    ['bytes after the last tensor', () => file({ a: entry('F32', [1], [0, 4]) }, 6), /last 2 bytes of its data/],
    [
      'a name that is there twice',
      () =>
        write(
          withHeader(
            String.raw`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}, "\u0061" :{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`,
            Buffer.alloc(4),
          ),
        ),
      /names "a" twice/,
    ],
  ];
  it.each(lies)('refuses %s', async (_, make, message) => {
    const path = make();
    const reading = readSafetensors(path);
    await expect(reading).rejects.toBeInstanceOf(HonEvalError);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(`Cannot read ${path}: `);
  });

  it('refuses what is no file, without waiting for it', async () => {
    await expect(readSafetensors(folder)).rejects.toThrow(/it is not a file/);
    await expect(readSafetensors(join(folder, 'absent'))).rejects.toThrow(/there is no such file/);
  });

  it('survives any bytes, and never allocates what a header promises', async () => {
    const allocated = vi.spyOn(Buffer, 'alloc');
    const json = fc.json().map((text) => withHeader(text));
    const length = fc.bigInt(0n, 2n ** 64n - 1n).map((value) => Buffer.from(BigUint64Array.of(value).buffer));
    const lying = fc.tuple(length, fc.uint8Array()).map((parts) => Buffer.concat(parts));
    const dtype = fc.constantFrom('F32', 'BF16', 'U8', 'F8_E4M3', '');
    const size = fc.oneof(fc.nat(4), fc.integer(), fc.double());
    const entries = fc.record({ dtype, shape: fc.array(size, { maxLength: 3 }), data_offsets: fc.array(size) });
    const header = fc.tuple(fc.dictionary(fc.string(), entries, { maxKeys: 3 }), fc.uint8Array());
    const near = header.map(([value, data]) => withHeader(JSON.stringify(value), data));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), json, lying, near), async (bytes) => {
        const path = write(bytes, 'any.safetensors');
        allocated.mockClear();
        const tensors = await readSafetensors(path).catch((error) => {
          if (error instanceof HonEvalError) return new Map();
          throw error;
        });
        for (const [size] of allocated.mock.calls) expect(size).toBeLessThanOrEqual(bytes.length);
        for (const { offset, length } of tensors.values()) expect(offset + length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 1000 },
    );
    allocated.mockRestore();
  });

  it('reads back whatever tensors are written', async () => {
    const size = fc.nat(4);
    const tensor = fc.array(size, { maxLength: 3 }).chain((shape) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const values = fc.array(fc.float({ noNaN: true }), { minLength: count, maxLength: count });
      return values.map((list) => ({ shape, list }));
    });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), tensor, { maxKeys: 4 }), async (model) => {
        const kept = Object.entries(model).filter(([name]) => name !== '__metadata__' && name !== '__proto__');
        const written = Object.fromEntries(kept.map(([name, { shape, list }]) => [name, float32(shape, list)]));
        const tensors = await readSafetensors(write(safetensorsFile(written), 'round.safetensors'));
        expect(tensors.size).toBe(kept.length);
        for (const [name, { shape, list }] of kept) {
          expect(tensors.get(name)!.shape).toEqual(shape);
          expect(await readTensor(tensors.get(name)!)).toEqual(Float32Array.from(list));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('readTensor', () => {
  it('widens every F16 and BF16 exactly', async () => {
    const all = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
    const path = write(safetensorsFile({ f16: bits16('F16', [256, 256], all), bf16: bits16('BF16', [65536], all) }));
    const tensors = await readSafetensors(path);
    const half = await readTensor(tensors.get('f16')!);
    for (let i = 0; i < all.length; i++)
      if (!Object.is(half[i], valueOfFloat16(i))) expect.fail(`F16 ${i}: ${half[i]}`);
    const view = new DataView(new ArrayBuffer(4));
    const brain = await readTensor(tensors.get('bf16')!);
    for (let i = 0; i < all.length; i++) {
      view.setUint16(0, i);
      if (!Object.is(brain[i], view.getFloat32(0))) expect.fail(`BF16 ${i}: ${brain[i]}`);
    }
  });

  it('rounds doubles to the nearest float32, across its chunks', async () => {
    const length = (1 << 22) + 3;
    const values = Float64Array.from({ length }, (_, i) => (i % 32749) / 3);
    const doubles = { dtype: 'F64', shape: [length], data: Buffer.from(values.buffer) };
    const tensors = await readSafetensors(write(safetensorsFile({ odd: float32([1], [1]), x: doubles })));
    const read = await readTensor(tensors.get('x')!);
    expect(read.length).toBe(length);
    expect(read.every((value, i) => value === Math.fround(values[i]))).toBe(true);
  });

  it('reads across its chunks', async () => {
    const values = Uint16Array.from({ length: (1 << 22) + 3 }, (_, i) => i % 32749);
    const tensors = await readSafetensors(
      write(safetensorsFile({ odd: float32([1], [1]), x: bits16('BF16', [values.length], values) })),
    );
    const bits = new Uint32Array((await readTensor(tensors.get('x')!)).buffer);
    expect(bits.length).toBe(values.length);
    expect(bits.every((value, i) => value === values[i] << 16)).toBe(true);
  });
});

/** IEEE 754-2019, 3.4, by the formula. */
function valueOfFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe('an index of several files', () => {
  const name = 'model.safetensors.index.json';
  const read = (map: unknown) => {
    write(JSON.stringify({ metadata: {}, weight_map: map }), name);
    return readWeights(folder, name);
  };

  it('reads what is in the files, whatever the index says is in them', async () => {
    mkdirSync(join(folder, 'deep'), { recursive: true });
    write(safetensorsFile({ a: float32([1], [1]), unlisted: float32([1], [2]) }), 'deep/x.safetensors');
    const map = { a: 'deep/x.safetensors', 'layers.0.attention.rotary_emb.inv_freq': 'deep/x.safetensors' };
    const { tensors, files } = await read(map);
    expect(files).toEqual(['deep/x.safetensors']);
    expect([...tensors.keys()]).toEqual(['a', 'unlisted']);
  });

  it('joins the shards, and ignores integers that the index names', async () => {
    const mask = { dtype: 'U8', shape: [1], data: Buffer.from([1]) };
    write(safetensorsFile({ a: float32([1], [1]), mask }), 'x-00001-of-00002.safetensors');
    write(safetensorsFile({ b: float32([2], [2, 3]) }), 'x-00002-of-00002.safetensors');
    const map = {
      b: 'x-00002-of-00002.safetensors',
      a: 'x-00001-of-00002.safetensors',
      mask: 'x-00001-of-00002.safetensors',
    };
    const { tensors, files } = await read(map);
    expect(files).toEqual(['x-00002-of-00002.safetensors', 'x-00001-of-00002.safetensors']);
    expect([...tensors.keys()]).toEqual(['b', 'a']);
    expect([...(await readTensor(tensors.get('b')!))]).toEqual([2, 3]);
  });

  it.each<[string, unknown, RegExp]>([
    ['a shard that is missing', { a: 'gone.safetensors' }, /gone\.safetensors: there is no such file/],
    ['a shard elsewhere', { a: '../x.safetensors' }, /in "\.\.\/x\.safetensors", which is no file beside it/],
    ['a shard at an absolute path', { a: '/etc/x.safetensors' }, /no file beside it/],
    ['a shard in a folder above', { a: 'b/../../x.safetensors' }, /no file beside it/],
    ['a shard that is a number', { a: 3 }, /"a" is in 3/],
    ['no tensors', {}, /its weight_map is empty/],
    ['no weight_map', undefined, /it has no weight_map/],
  ])('refuses an index with %s', async (_, map, message) => {
    write(safetensorsFile({ b: float32([2], [2, 3]) }), 'x-00002-of-00002.safetensors');
    const reading = read(map);
    await expect(reading).rejects.toMatchObject({ kind: 'checkpoint' });
    await expect(reading).rejects.toThrow(message);
  });
});
