import { expect, test } from 'vitest';
import { readableBytes, readableCount, readableFlops } from '../../src/report/units.ts';

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

test('bytes are in powers of 1024, operations in powers of 1000', () => {
  expect(readableBytes(1023)).toBe('1023 B');
  expect(readableBytes(14.25 * 2 ** 30)).toBe('14.3 GiB');
  expect(readableFlops(2.466e12)).toBe('2.47 TFLOP');
});
