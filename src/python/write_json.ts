/**
 * Text as Python writes it. lm-evaluation-harness hashes the `json.dumps` of a document and the `str` of a target, and
 * its files hold floats that print as 1.0.
 */

/** A number that is a float in Python, and so prints as 1.0 where a plain number prints as 1. */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** What `dumps` takes. A plain number is an int where it is whole, as after Python's `json.loads`. */
export type PythonValue = null | boolean | number | string | PythonFloat | readonly PythonValue[] | PythonObject;
export interface PythonObject {
  readonly [key: string]: PythonValue;
}

/** `str(float)`: the shortest digits that read back as the same number; an exponent below 1e-4 and from 1e16. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e16)) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [mantissa, exponent] = value.toExponential().split('e');
  const power = Number(exponent);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** `str(bool)` */
export function formatBoolean(value: boolean): string {
  return value ? 'True' : 'False';
}

/**
 * `json.dumps(value, ensure_ascii=False, indent=indent)`: on one line with ", " and ": " where `indent` is left out.
 * Throws a RangeError for a number that JSON cannot hold.
 */
export function dumps(value: PythonValue, indent?: number): string {
  return write(value, indent, '\n');
}

function write(value: PythonValue, indent: number | undefined, newline: string): string {
  if (value instanceof PythonFloat) return finite(value.value, formatFloat);
  if (typeof value === 'number') return finite(value, formatNumber);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const inner = indent === undefined ? newline : newline + ' '.repeat(indent);
  const items = isArray(value)
    ? value.map((item) => write(item, indent, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${write(item, indent, inner)}`);
  const [open, close] = isArray(value) ? '[]' : '{}';
  if (items.length === 0) return open + close;
  if (indent === undefined) return open + items.join(', ') + close;
  return open + inner + items.join(`,${inner}`) + newline + close;
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(BigInt(value)) : formatFloat(value);
}

function finite(value: number, format: (value: number) => string): string {
  if (!Number.isFinite(value)) throw new RangeError(`JSON cannot hold ${value}`);
  return format(value);
}

/** `Array.isArray` does not narrow a readonly array. */
function isArray(value: PythonValue): value is readonly PythonValue[] {
  return Array.isArray(value);
}
