/** A value that JSON can hold. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** A text's value; undefined where it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Levels of lists and objects that a file from elsewhere may have: many times what any needs. */
export const deepestJson = 100;

/** Whether a value has more levels than that; whatever goes through it by calling itself would run out of stack. */
export function isTooDeep(value: Json | undefined, levels = deepestJson): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((item) => isTooDeep(item, levels - 1));
  // Every line of large files goes through here: without an array of an object's values.
  for (const key in value) if (isTooDeep(value[key], levels - 1)) return true;
  return false;
}
