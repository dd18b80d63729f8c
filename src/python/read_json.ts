import type { Json } from '../json.ts';

/** A string, or a number that only Python takes for JSON. */
const token = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

/** Marks such a number while it is a string; nothing that is written as text has it. */
const mark = '\u0000hon-eval number ';

/**
 * Reads JSON as Python's `json.dumps` writes it: NaN, Infinity and -Infinity are numbers. Throws a SyntaxError for
 * anything else that is not JSON.
 */
export function parsePythonJson(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    const quoted = text.replace(token, (found) => (found.startsWith('"') ? found : JSON.stringify(mark + found)));
    if (quoted === text) throw error;
    return JSON.parse(quoted, (_, value) =>
      typeof value === 'string' && value.startsWith(mark) ? Number(value.slice(mark.length)) : value,
    ) as Json;
  }
}

/** The object itself; null for any other value. */
export function objectOrNull(value: Json | undefined): { [key: string]: Json | undefined } | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}
