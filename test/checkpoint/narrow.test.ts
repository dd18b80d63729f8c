import { describe, expect, test } from 'vitest';
import { narrowBfloat16, narrowFloat16 } from '../../src/checkpoint/narrow.ts';
import { widenBfloat16, widenFloat16 } from '../../src/checkpoint/widen.ts';

const formats = [
  { name: 'float16', narrow: narrowFloat16, widen: widenFloat16, infinity: 0x7c00 },
  { name: 'bfloat16', narrow: narrowBfloat16, widen: widenBfloat16, infinity: 0x7f80 },
];

describe.each(formats)('$name', ({ narrow, widen, infinity }) => {
  /** Every finite value from 0 up, and infinity. */
  const halves = Uint16Array.from({ length: infinity + 1 }, (_, bits) => bits);
  const values = new Float32Array(halves.length);
  widen(halves, new Uint32Array(values.buffer));

  function narrowed(numbers: Float32Array<ArrayBuffer>): Uint16Array {
    const result = new Uint16Array(numbers.length);
    narrow(new Uint32Array(numbers.buffer), result);
    return result;
  }

  test('gives back what was widened, negative or not', () => {
    expect(narrowed(values)).toEqual(halves);
    expect(narrowed(values.map((value) => -value))).toEqual(halves.map((bits) => bits | 0x8000));
  });

  test('rounds to the nearest, and to the even one from the middle', () => {
    // Between two neighbours; exact in float32, as it has more than twice the fraction.
    const between = (part: number) =>
      values.subarray(0, -2).map((value, i) => value + (values[i + 1] - value) * part) as Float32Array<ArrayBuffer>;
    const lower = halves.subarray(0, -2);
    expect(narrowed(between(0.25))).toEqual(lower);
    expect(narrowed(between(0.5))).toEqual(lower.map((bits) => bits + (bits & 1)));
    expect(narrowed(between(0.75))).toEqual(lower.map((bits) => bits + 1));
  });

  test('has nothing above its largest number but infinity', () => {
    const largest = values[values.length - 2];
    const step = largest - values[values.length - 3];
    const around = Float32Array.of(largest + step * 0.49, largest + step * 0.5, largest * 1.5);
    expect([...narrowed(around)]).toEqual([infinity - 1, infinity, infinity]);
  });
});
