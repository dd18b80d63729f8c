/** Fields whose keys are names of benchmarks, metrics and the like, and stay as they are. */
const namedBy = new Set(['results', 'categories']);

/** A value as `--json` prints it: fields in snake_case, as in the files that it stands beside. */
export function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (value instanceof Map) return snakeCase(Object.fromEntries(value));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      namedBy.has(key) ? field : snakeCase(field),
    ]),
  );
}
