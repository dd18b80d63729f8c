/** Reading a row as Python functions do, which fail where a key is missing. */
import type { Json } from '../../../../json.ts';

export type Doc = Readonly<Record<string, Json>>;

export const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

export function text(doc: Doc, key: string): string {
  const value = doc[key];
  if (typeof value === 'string') return value;
  throw new TypeError(`${key} is ${JSON.stringify(value)}, and not a text`);
}

export function items(doc: Doc, key: string): string[] {
  const value = doc[key];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new TypeError(`${key} is ${JSON.stringify(value)}, and not a list of texts`);
}

/** The columns A, B, … */
export function choices(doc: Doc, count: number): string[] {
  return letters.slice(0, count).map((letter) => text(doc, letter));
}

/** Which letter of the alphabet a column has. */
export function letterOf(doc: Doc, key: string, count = letters.length): number {
  const index = letters.slice(0, count).indexOf(text(doc, key));
  if (index < 0) throw new TypeError(`${key} is "${text(doc, key)}", and not one of the first ${count} letters`);
  return index;
}
