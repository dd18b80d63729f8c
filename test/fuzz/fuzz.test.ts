import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';
import { readers } from './readers.ts';

test.each(readers.map(({ name }) => name))('damaged files of the kind %s are read or refused', async (name) => {
  const { read, refused, findings } = await fuzz(name, 400);
  expect(findings).toEqual([]);
  expect(read + refused).toBe(400);
  // Both happen, or the damage would be too little or too much to tell anything.
  expect(Math.min(read, refused)).toBeGreaterThan(0);
});
