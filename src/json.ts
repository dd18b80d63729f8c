/** A value that JSON can hold. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** Levels of lists and objects that a file from elsewhere may have: many times what any needs. */
export const deepestJson = 100;

/** Whether a value has more levels than that; whatever goes through it by calling itself would run out of stack. */
export function isTooDeep(value: Json | undefined, levels = deepestJson): boolean {
  if (value === null || typeof value !== 'object') return false;
  return levels === 0 || Object.values(value).some((item) => isTooDeep(item, levels - 1));
}
