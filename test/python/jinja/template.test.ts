import { expect, test } from 'vitest';
import { Template } from '../../../src/python/jinja/template.ts';
import type { Value } from '../../../src/python/literal.ts';

const render = (text: string, variables: Record<string, Value> = {}) => new Template(text).render(variables);

// What @huggingface/jinja's own interpreter writes otherwise; the right sides are Jinja's in Python.
test.each<[string, string]>([
  ["{{ ['a', \"it's\", 1, 1.0, true, none] }}", "['a', \"it's\", 1, 1.0, True, None]"],
  ['{{ {"a": [1]} }}', "{'a': [1]}"],
  ['{{ (1, 2) }}', '(1, 2)'],
  ['{{ true }} {{ none }} {{ 7 // 2 }} {{ 7 / 2 }} {{ -7 % 3 }}', 'True None 3 3.5 2'],
  ["{{ 'iPhone USA'.capitalize() }}", 'Iphone usa'],
  ["{{ ['a', 'b'].index('b') }}", '1'],
  ["{{ 'a-b-c'.split('-', 1) }}", "['a', 'b-c']"],
  ["{{ ' a\u3000'.strip() }}|{{ '\ufeffa'.strip() }}", 'a|\ufeffa'],
  ["{{ 'héllo'[1:3] }}{{ '😀b'[1] }}{{ [1, 2, 3][::-1] }}", 'élb[3, 2, 1]'],
  ["{{ '3' | int - 1 }} {{ 'x' | int(9) }}", '2 9'],
  ["{{ [{'t': 'a'}, {'t': 'b'}] | map(attribute='t') | join('+') }}", 'a+b'],
  ["{% for c in 'ab' %}{{ loop.index }}{{ c }}{% if not loop.last %},{% endif %}{% endfor %}", '1a,2b'],
  ['{% set x = 1 %}\n{{ x }}\n', '\n1\n'],
  ["{{ 'a' if 1 > 2 else 'b' }}{{ 'c' ~ 1 }}", 'bc1'],
  ["{{ 'aXbX' | regex_replace('(X)', '<\\\\1>') }}", 'a<X>b<X>'],
])('%s', (text, expected) => {
  expect(render(text)).toBe(expected);
});

test.each([
  ['{{ missing }}', "'missing' is undefined"],
  ["{{ 'a' + 1 }}", '+ of a str and a int'],
  ['{{ {}.missing }}', 'is undefined'],
  ['{{ 1 | nothing }}', 'there is no filter "nothing" here'],
  ['{% macro m() %}{% endmacro %}', 'the statement "Macro" is not supported'],
  ['{{ range(1000000) }}', 'range of 1000000 numbers'],
])('%s fails as it does there', (text, message) => {
  expect(() => render(text)).toThrow(message);
});
