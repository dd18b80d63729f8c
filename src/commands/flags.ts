import { Flags } from '@oclif/core';
import { HonEvalError } from '../errors.ts';

/** A flag that takes a number between 0 and 1, both excluded. */
export const probability = Flags.custom<number>({
  async parse(input, _, { name }) {
    const value = Number(input);
    if (value > 0 && value < 1) return value;
    throw new HonEvalError('usage', `Expected --${name} to be a number between 0 and 1, got "${input}".`);
  },
});
