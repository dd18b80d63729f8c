import { expect, test } from 'vitest';
import { flopUnit, readableBytes, readableCount } from '../../src/output/units.ts';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1.00 K'],
  [9994, '9.99 K'],
  [9996, '10.0 K'],
  [999_499, '999 K'],
  [999_500, '1.00 M'],
  [1_543_714_304, '1.54 B'],
])('%d numbers are %s', (count, text) => expect(readableCount(count)).toBe(text));

test.each([
  [1023, '1023 B'],
  [14.25 * 2 ** 30, '14.3 GiB'],
])('%d bytes are %s', (bytes, text) => expect(readableBytes(bytes)).toBe(text));

test.each([
  [0, 'FLOP', 1],
  [999, 'FLOP', 1],
  [1000, 'kFLOP', 1e3],
  [2.466e12, 'TFLOP', 1e12],
  [1e30, 'EFLOP', 1e18],
])('%d operations are told in %s', (flops, name, size) => expect(flopUnit(flops)).toEqual({ name, size }));
