import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';
import { readers } from './readers/index.ts';

test.each(readers.map(({ name }) => name))(
  'damaged files of the kind %s are read or refused',
  { timeout: 300_000 },
  async (name) => {
    const count = 200;
    const { read, refused, findings } = await fuzz(name, count);
    expect(findings).toEqual([]);
    expect(read + refused).toBe(count);
    // Both happen, or the damage would be too little or too much to tell anything.
    expect(Math.min(read, refused)).toBeGreaterThan(0);
  },
);
