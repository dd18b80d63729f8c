import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { check } from '../src/schema.ts';

const settings = z.strictObject({ alpha: z.number().gt(0).lt(0.5).default(0.1), tasks: z.array(z.string()).min(1) });
const shape = z.discriminatedUnion('type', [z.object({ type: z.literal('A') }), z.object({ type: z.literal('B') })]);

describe('what is wrong with a value', () => {
  test.each<[z.ZodType, unknown, string]>([
    [z.string(), 5, 'it: expected a text, got 5'],
    [z.string(), undefined, 'it: expected a text, got nothing'],
    [z.object({ a: z.int() }), { a: 0.5 }, 'a: expected a whole number, got 0.5'],
    [z.object({ a: z.int() }), [], 'it: expected an object, got an empty list'],
    [z.array(z.boolean()), [true, 'yes'], '1: expected true or false, got "yes"'],
    [z.record(z.string(), z.number()), { x: null }, 'x: expected a number, got null'],
    [z.enum(['x', 'y', 'z']), 'w', 'it: expected "x", "y" or "z", got "w"'],
    [z.int().min(1), 0, 'it: expected at least 1, got 0'],
    [
      settings,
      { tasks: [], alpha: 3 },
      'alpha: expected less than 0.5, got 3; tasks: expected a list of at least 1, got an empty list',
    ],
    [settings, { tasks: ['a'], alhpa: 0.1 }, 'it: there is no key "alhpa"; did you mean "alpha"?'],
    [settings, { tasks: ['a'], q: 0.1 }, 'it: there is no key "q"; there are alpha, tasks'],
    [z.string().length(1), 'ab', 'it: expected a text of 1 character, got "ab"'],
    [z.iso.datetime(), 'now', 'it: expected a time such as 2026-01-31T12:00:00Z, got "now"'],
    [z.object({ n: shape }), { n: { type: 'C' } }, 'n.type: expected "A" or "B", got "C"'],
    [z.union([z.string(), z.number()]), null, 'it: expected a text or a number, got null'],
    [z.union([z.string(), z.object({ a: z.int() })]), { a: 'b' }, 'a: expected a number, got "b"'],
    [z.literal(true, { error: 'this cannot be switched off' }), false, 'it: this cannot be switched off'],
    [z.custom(() => false, 'expected a function'), 'f', 'it: expected a function, got "f"'],
    [
      z.array(z.null()),
      [1, 2, 3, 4, 5].map(String),
      '0: expected null, got "1"; 1: expected null, got "2"; 2: expected null, got "3"; and 2 more',
    ],
  ])('%#', (schema, value, problem) => {
    expect(check(schema, value)).toEqual({ problem });
  });

  test('names the whole, and the keys that it is under', () => {
    expect(check(z.string(), 1, { whole: 'config.json' }).problem).toMatch(/^config\.json: /);
    expect(check(z.object({ a: z.string() }), { a: 1 }, { within: ['hon'] }).problem).toMatch(/^hon\.a: /);
  });

  test('tells of confidential values only of what kind they are', () => {
    expect(check(z.number(), 'secret', { isConfidential: true }).problem).toBe('it: expected a number, got a text');
    expect(check(z.string(), 12345, { isConfidential: true }).problem).toBe('it: expected a text, got a number');
  });
});

test("nothing else tells zod's own words", () => {
  const others = globSync('src/**/*.ts').filter((file) => {
    const text = readFileSync(file, 'utf8');
    return text.includes("from 'zod'") && /\bissues\b|prettifyError/.test(text);
  });
  expect(others).toEqual(['src/schema.ts']);
});
