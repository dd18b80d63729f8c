// https://github.com/tc39/proposal-json-parse-with-source: Node has it, TypeScript does not yet.
declare global {
  interface JSON {
    parse(text: string, reviver: (key: string, value: unknown, context: { source: string }) => unknown): unknown;
    rawJSON(text: string): unknown;
  }
}

/**
 * Parses JSON such that `JSON.stringify` gives its numbers back as they were: to Python 1.0 and 1 are of two types, and
 * JavaScript would write both as 1.
 */
export function parseVerbatim(text: string): unknown {
  return JSON.parse(text, (_, value, { source }) => (typeof value === 'number' ? JSON.rawJSON(source) : value));
}
