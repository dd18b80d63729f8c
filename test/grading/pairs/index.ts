import { formulas } from './formulas.ts';
import { numbers } from './numbers.ts';
import { numerals } from './numerals.ts';
import type { Pairs } from './pairs.ts';
import { sets } from './sets.ts';
import { typed } from './typed.ts';
import { units } from './units.ts';
import { vectors } from './vectors.ts';

export const pairs: Readonly<Record<string, Pairs>> = {
  ...formulas,
  ...numbers,
  ...numerals,
  ...sets,
  ...typed,
  ...units,
  ...vectors,
};
