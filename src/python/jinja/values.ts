/** What Jinja's expressions do with Python's values. */
import { repr, str, Tuple, type Value } from '../literal.ts';
import { PythonFloat } from '../write_json.ts';

/** Names and other things that an expression may stand for, beside values: a method, or nothing. */
export type Callable = (args: Value[], keywords: Record<string, Value>) => Value;

export class TemplateError extends Error {}

export function isDict(value: Value): value is { [key: string]: Value } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof PythonFloat) &&
    !(value instanceof Tuple)
  );
}

/** The items of a list or tuple; null for anything else. */
export function listOf(value: Value): Value[] | null {
  if (Array.isArray(value)) return value;
  return value instanceof Tuple ? value.items : null;
}

/** What a loop goes over: a string's characters, a dictionary's keys. Throws for what cannot be gone over. */
export function iterate(value: Value): Value[] {
  if (typeof value === 'string') return [...value];
  const items = listOf(value) ?? (isDict(value) ? Object.keys(value) : null);
  if (!items) throw new TemplateError(`a ${typeName(value)} has no items`);
  return items;
}

/** int, float or bool as a number; null for anything else. */
export function numberOf(value: Value): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  return value instanceof PythonFloat ? value.value : null;
}

function isFloat(value: Value): boolean {
  return value instanceof PythonFloat || (typeof value === 'number' && !Number.isInteger(value));
}

export function isTrue(value: Value): boolean {
  const number = numberOf(value);
  if (number !== null) return number !== 0;
  if (typeof value === 'string') return value !== '';
  return value !== null && iterate(value).length > 0;
}

export function typeName(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  if (numberOf(value) !== null) return isFloat(value) ? 'float' : 'int';
  if (Array.isArray(value)) return 'list';
  return value instanceof Tuple ? 'tuple' : 'dict';
}

/** Python's `==`. */
export function equal(a: Value, b: Value): boolean {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== null && y !== null) return x === y;
  if (Array.isArray(a) !== Array.isArray(b) || a instanceof Tuple !== b instanceof Tuple) return false;
  const [first, second] = [listOf(a), listOf(b)];
  if (first && second) return first.length === second.length && first.every((item, i) => equal(item, second[i]));
  if (isDict(a) && isDict(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]));
  }
  return a === b;
}

/** Negative, 0 or positive, of two numbers, strings or lists. */
export function order(a: Value, b: Value): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== null && y !== null) return x - y;
  if (typeof a === 'string' && typeof b === 'string') return compareCodePoints(a, b);
  const [first, second] = [listOf(a), listOf(b)];
  if (!first || !second) throw new TemplateError(`a ${typeName(a)} and a ${typeName(b)} have no order`);
  const differing = first.findIndex((item, i) => i >= second.length || !equal(item, second[i]));
  if (differing < 0) return first.length - second.length;
  return differing < second.length ? order(first[differing], second[differing]) : 1;
}

function compareCodePoints(a: string, b: string): number {
  const [first, second] = [[...a], [...b]];
  const i = first.findIndex((letter, at) => letter !== second[at]);
  if (i < 0) return first.length - second.length;
  return i < second.length ? first[i].codePointAt(0)! - second[i].codePointAt(0)! : 1;
}

export function contains(container: Value, item: Value): boolean {
  if (typeof container === 'string') {
    if (typeof item !== 'string') throw new TemplateError(`a str cannot contain a ${typeName(item)}`);
    return container.includes(item);
  }
  if (isDict(container)) return typeof item === 'string' && Object.hasOwn(container, item);
  return iterate(container).some((each) => equal(each, item));
}

const arithmetic: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '//': (a, b) => Math.floor(a / b),
  '%': (a, b) => a - b * Math.floor(a / b),
  '**': (a, b) => a ** b,
};

export function operate(operator: string, a: Value, b: Value): Value {
  if (operator === '~') return str(a) + str(b);
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== null && y !== null) {
    if (y === 0 && '//%'.includes(operator)) throw new TemplateError('division by zero');
    const result = arithmetic[operator](x, y);
    return isFloat(a) || isFloat(b) || operator === '/' || (operator === '**' && y < 0)
      ? new PythonFloat(result)
      : result;
  }
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') return a + b;
    if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
    if (a instanceof Tuple && b instanceof Tuple) return new Tuple([...a.items, ...b.items]);
  }
  if (operator === '*' && typeof a === 'string' && y !== null) return a.repeat(Math.max(0, y));
  if (operator === '*' && Array.isArray(a) && y !== null)
    return new Array<Value[]>(Math.max(0, y)).fill(a).flat(1) as Value[];
  throw new TemplateError(`${operator} of a ${typeName(a)} and a ${typeName(b)}`);
}

/** `value[key]`; undefined where there is none. */
export function itemOf(value: Value, key: Value): Value | undefined {
  if (isDict(value)) return typeof key === 'string' && Object.hasOwn(value, key) ? value[key] : undefined;
  const at = numberOf(key);
  const items = typeof value === 'string' ? [...value] : listOf(value);
  if (at === null || !items) return undefined;
  return items[at < 0 ? items.length + at : at];
}

/** `value[start:stop:step]` */
export function sliceOf(value: Value, bounds: (Value | undefined)[]): Value {
  const letters = typeof value === 'string';
  const items = letters ? [...value] : listOf(value);
  if (!items) throw new TemplateError(`a ${typeName(value)} cannot be sliced`);
  const [start, stop, step = 1] = bounds.map((bound) =>
    bound === undefined ? undefined : (numberOf(bound) ?? undefined),
  );
  if (step === 0) throw new TemplateError('slice step cannot be zero');
  const [least, most] = step > 0 ? [0, items.length] : [-1, items.length - 1];
  const clamp = (bound: number) => Math.min(most, Math.max(least, bound < 0 ? bound + items.length : bound));
  const first = start === undefined ? (step > 0 ? 0 : items.length - 1) : clamp(start);
  const end = stop === undefined ? (step > 0 ? items.length : -1) : clamp(stop);
  const taken: Value[] = [];
  for (let i = first; step > 0 ? i < end : i > end; i += step) taken.push(items[i]);
  if (letters) return taken.join('');
  return value instanceof Tuple ? new Tuple(taken) : taken;
}

export { repr, str };
