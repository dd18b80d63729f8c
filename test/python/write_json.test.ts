import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dumps, formatBoolean, formatFloat, PythonFloat, type PythonValue } from '../../src/python/write_json.ts';

describe('formatFloat', () => {
  // str(float) of CPython 3.11.
  it.each([
    [-12.25, '-12.25'],
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-7, '-7.0'],
    [0.1, '0.1'],
    [0.0001, '0.0001'],
    [0.00012345, '0.00012345'],
    [-0.00001, '-1e-05'],
    [0.0000123, '1.23e-05'],
    [1e15, '1000000000000000.0'],
    [123456789012345680, '1.2345678901234568e+17'],
    [9007199254740992, '9007199254740992.0'],
    [1e16, '1e+16'],
    [1.5e21, '1.5e+21'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [5e-324, '5e-324'],
    [-10.776280403137207, '-10.776280403137207'],
    [Number.NaN, 'nan'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
  ])('writes %d as %s', (value, text) => {
    expect(formatFloat(value)).toBe(text);
  });

  it('reads back as the same number, and always looks like a float', () => {
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (value) => {
        const text = formatFloat(value);
        expect(Number(text)).toBe(value);
        expect(text).toMatch(/^-?\d+(\.\d+)?e[+-]\d\d+$|^-?\d+\.\d+$/);
      }),
    );
  });
});

describe('dumps', () => {
  const value: PythonValue = {
    text: 'é 🟥 "q" \\ \n\t\u0007\u007f\u2028',
    empty: [[], {}],
    numbers: [1, new PythonFloat(1), -0.5, 1e21, 1e-7],
    rest: [null, true, false],
  };

  // json.dumps(value, ensure_ascii=False) and with indent=2, of CPython 3.11.
  it('writes one line with spaces', () => {
    expect(dumps(value)).toBe(
      '{"text": "é 🟥 \\"q\\" \\\\ \\n\\t\\u0007\u007f\u2028", "empty": [[], {}], ' +
        '"numbers": [1, 1.0, -0.5, 1000000000000000000000, 1e-07], "rest": [null, true, false]}',
    );
  });

  it('writes indented lines', () => {
    expect(dumps({ a: [1, { b: [] }], c: {} }, 2)).toBe(
      ['{', '  "a": [', '    1,', '    {', '      "b": []', '    }', '  ],', '  "c": {}', '}'].join('\n'),
    );
  });

  it('writes what JSON.parse reads back', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 2), (json, indent) => {
        const text = dumps(json as PythonValue, indent);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(json)));
      }),
    );
  });

  it.each([Number.NaN, Infinity])('refuses %d, plain or float', (number) => {
    expect(() => dumps([number])).toThrow(RangeError);
    expect(() => dumps({ x: new PythonFloat(number) })).toThrow(RangeError);
  });
});

it('formatBoolean writes as Python', () => {
  expect([true, false].map(formatBoolean)).toEqual(['True', 'False']);
});
