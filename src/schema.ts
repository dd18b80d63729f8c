/** What zod finds wrong with a value, in words of our own: where, what was expected, and what came. */
import type { z } from 'zod';
import { nearest } from './nearest.ts';

/** A value as its schema has it, or what is wrong with it. */
export type Checked<T> = { data: T; problem?: undefined } | { data?: undefined; problem: string };

/** Of several problems in one sentence. */
const mostLetters = 240;

interface Names {
  /** What the value is called where it is wrong as a whole. */
  whole?: string;
  /** Tells of what kind the wrong values are, and not what they are. */
  isConfidential?: boolean;
}

export interface CheckOptions extends Names {
  /** Before the keys, where the value is a part of another one. */
  within?: readonly string[];
}

/**
 * Reads a value by a schema. The problem is what a sentence may end with: `key.0: expected a text, got 5`, for every
 * key that is wrong, three at most and no more than can be read. A message that a schema brings stands for itself; what came is added to those that
 * begin with "expected".
 */
export function check<S extends z.ZodType>(
  schema: S,
  value: unknown,
  options: CheckOptions = {},
): Checked<z.output<S>> {
  const { whole = 'it', within = [], isConfidential = false } = options;
  const parsed = schema.safeParse(value, { error: expectation, reportInput: true });
  if (parsed.success) return { data: parsed.data };
  const { issues } = parsed.error;
  const [first, ...others] = issues.slice(0, 3).map((issue) => explain(issue, within, { whole, isConfidential }));
  const shown = [first];
  for (const problem of others) if ([...shown, problem].join('; ').length <= mostLetters) shown.push(problem);
  const rest = issues.length > shown.length ? [`and ${issues.length - shown.length} more`] : [];
  return { problem: [...shown, ...rest].join('; ') };
}

function explain(issue: z.core.$ZodIssue, within: readonly PropertyKey[], options: Required<Names>): string {
  const keys = [...within, ...issue.path];
  // Where one of several alternatives is right but for something in it, that is what is wrong.
  const nearly = issue.code === 'invalid_union' && issue.errors.find(([first]) => first?.path.length > 0);
  if (nearly) return explain(nearly[0], keys, options);
  const { message } = issue;
  const isBare = issue.code === 'unrecognized_keys' || !message.startsWith('expected') || message.includes(', got ');
  const came = isBare ? '' : `, got ${describe(cameOf(issue), options.isConfidential)}`;
  return `${keys.join('.') || options.whole}: ${message}${came}`;
}

function cameOf(issue: z.core.$ZodIssue): unknown {
  const isByType = issue.code === 'invalid_union' && issue.discriminator !== undefined;
  return isByType ? (issue.input as Record<string, unknown>)[issue.discriminator!] : issue.input;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  nonoptional: 'a value',
};

/** zod's error map: what a schema without a message of its own expects. */
function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${kinds[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${anyOf(issue.values.map((value) => JSON.stringify(value)))}`;
    case 'too_small':
      return `expected ${amount(issue, issue.inclusive ? 'at least' : 'more than', issue.minimum)}`;
    case 'too_big':
      return `expected ${amount(issue, issue.inclusive ? 'at most' : 'less than', issue.maximum)}`;
    case 'invalid_format':
      return issue.format === 'datetime' ? 'expected a time such as 2026-01-31T12:00:00Z' : `expected ${issue.format}`;
    case 'unrecognized_keys':
      return unknownKeys(issue.keys, issue.schema);
    case 'invalid_union':
      return alternatives(issue);
    default:
      return 'expected something else';
  }
}

/** A number's bound, or that of the length of a text or a list. */
function amount({ origin, exact }: { origin: string; exact?: boolean }, bound: string, limit: number | bigint): string {
  const count = exact ? `${limit}` : `${bound} ${limit}`;
  if (origin === 'string') return `a text of ${count} ${limit === 1 ? 'character' : 'characters'}`;
  return origin === 'array' ? `a list of ${count}` : count;
}

function unknownKeys(keys: readonly string[], schema: z.core.$ZodType | undefined): string {
  const known = Object.keys((schema as z.ZodObject | undefined)?.shape ?? {});
  const guess = nearest(keys[0], known);
  const advice = guess ? `did you mean "${guess}"?` : `there are ${known.join(', ')}`;
  return `there is no key ${keys.map((key) => JSON.stringify(key)).join(' and no ')}; ${advice}`;
}

function alternatives(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string {
  const { options } = issue as { options?: unknown[] };
  if (options) return `expected ${anyOf(options.map((each) => JSON.stringify(each)))}`;
  return `expected ${anyOf(issue.errors.flatMap((list) => list.map(({ message }) => message.replace(/^expected /, ''))))}`;
}

function anyOf(list: readonly string[]): string {
  const [last, ...others] = [...new Set(list)].reverse();
  return others.length > 0 ? `${others.reverse().join(', ')} or ${last}` : last;
}

/** A value in a few words. */
function describe(value: unknown, isConfidential: boolean): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value !== null && typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  if (isConfidential) return kinds[typeof value] ?? String(value);
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
