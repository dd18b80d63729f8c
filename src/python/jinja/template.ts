/** Jinja templates as Python's Jinja renders them: parsed by @huggingface/jinja, evaluated here with Python's values. */
import { parse, tokenize } from '@huggingface/jinja';
import { str, Tuple, type Value } from '../literal.ts';
import { filterOf } from './filters.ts';
import { methodOf } from './methods.ts';
import {
  type Callable,
  contains,
  equal,
  isDict,
  isTrue,
  itemOf,
  iterate,
  listOf,
  numberOf,
  operate,
  order,
  sliceOf,
  TemplateError,
  typeName,
} from './values.ts';

/** A node of @huggingface/jinja's syntax tree; its type says which fields it has. */
// biome-ignore lint/suspicious/noExplicitAny: the package exports no types of its nodes.
type Node = { type: string; [field: string]: any };

type Scope = Map<string, Value | Callable>;

/** What an expression gives: a value, something to call, or undefined where a name or an item is not there. */
type Result = Value | Callable | undefined;

/** Most numbers of one `range`. */
const longestRange = 100_000;

/** A template that can be rendered many times. Its last newline stays, as with `keep_trailing_newline`. */
export class Template {
  readonly #program: Node;

  /** Throws a `TemplateError` where the text is not a template. */
  constructor(text: string) {
    try {
      // The tokenizer takes one newline away at the end.
      this.#program = parse(tokenize(`${text.replace(/\r\n?/g, '\n')}\n`));
    } catch (error) {
      throw new TemplateError((error as Error).message);
    }
  }

  /**
   * The text for some variables. Throws a `TemplateError` for a variable that is not there, as `StrictUndefined`, and for
   * what Python would throw for.
   */
  render(variables: Record<string, Value>): string {
    const scope: Scope = new Map<string, Value | Callable>([['range', range], ...Object.entries(variables)]);
    return renderAll(this.#program.body, scope);
  }
}

function renderAll(nodes: Node[], scope: Scope): string {
  return nodes.map((node) => render(node, scope)).join('');
}

function render(node: Node, scope: Scope): string {
  switch (node.type) {
    case 'Comment':
      return '';
    case 'If':
      return renderAll(isTrue(evaluate(node.test, scope)) ? node.body : node.alternate, scope);
    case 'For':
      return renderLoop(node, scope);
    case 'Set':
      assign(node.assignee, node.value ? evaluate(node.value, scope) : renderAll(node.body, scope), scope);
      return '';
    case 'Break':
    case 'Continue':
    case 'Macro':
    case 'CallStatement':
    case 'FilterStatement':
      throw new TemplateError(`the statement "${node.type}" is not supported`);
    default:
      return str(evaluate(node, scope));
  }
}

function renderLoop({ loopvar, iterable, body, defaultBlock }: Node, scope: Scope): string {
  const [source, test] = iterable.type === 'SelectExpression' ? [iterable.lhs, iterable.test] : [iterable, undefined];
  const items = iterate(evaluate(source, scope)).filter((item) => {
    if (!test) return true;
    const inner = new Map(scope);
    assign(loopvar, item, inner);
    return isTrue(evaluate(test, inner));
  });
  if (items.length === 0) return renderAll(defaultBlock, scope);
  return items
    .map((item, i) => {
      const inner = new Map(scope);
      assign(loopvar, item, inner);
      inner.set('loop', {
        index: i + 1,
        index0: i,
        revindex: items.length - i,
        first: i === 0,
        last: i === items.length - 1,
        length: items.length,
      });
      return renderAll(body, inner);
    })
    .join('');
}

function assign(target: Node, value: Value, scope: Scope): void {
  if (target.type === 'Identifier') {
    scope.set(target.value, value);
    return;
  }
  if (target.type !== 'TupleLiteral') throw new TemplateError('only names can be set');
  const items = listOf(value) ?? iterate(value);
  if (items.length !== target.value.length)
    throw new TemplateError(`${target.value.length} names for ${items.length} values`);
  target.value.forEach((name: Node, i: number) => {
    assign(name, items[i], scope);
  });
}

/** The value of an expression. Throws where it stands for nothing. */
function evaluate(node: Node, scope: Scope): Value {
  const result = resolve(node, scope);
  if (result === undefined) throw new TemplateError(`${describe(node)} is undefined`);
  if (typeof result === 'function') throw new TemplateError(`${describe(node)} is a function`);
  return result;
}

function resolve(node: Node, scope: Scope): Result {
  switch (node.type) {
    case 'StringLiteral':
    case 'IntegerLiteral':
      return node.value;
    case 'FloatLiteral':
      return operate('/', node.value, 1);
    case 'ArrayLiteral':
      return node.value.map((item: Node) => evaluate(item, scope));
    case 'TupleLiteral':
      return new Tuple(node.value.map((item: Node) => evaluate(item, scope)));
    case 'ObjectLiteral':
      return Object.fromEntries(
        [...node.value].map(([key, item]) => [str(evaluate(key, scope)), evaluate(item, scope)]),
      );
    case 'Identifier':
      return scope.has(node.value) ? scope.get(node.value) : constants.get(node.value);
    case 'MemberExpression':
      return member(node, scope);
    case 'CallExpression':
      return call(node, scope);
    case 'FilterExpression':
      return applyFilter(node, scope);
    case 'TestExpression':
      return isTrue(test(node, scope)) !== node.negate;
    case 'Ternary':
      return evaluate(isTrue(evaluate(node.condition, scope)) ? node.trueExpr : node.falseExpr, scope);
    case 'SelectExpression':
      return isTrue(evaluate(node.test, scope)) ? evaluate(node.lhs, scope) : undefined;
    case 'UnaryExpression':
      return unary(node.operator.value, evaluate(node.argument, scope));
    case 'BinaryExpression':
      return binary(node, scope);
    default:
      throw new TemplateError(`the expression "${node.type}" is not supported`);
  }
}

const constants = new Map<string, Value>([
  ...(['true', 'True'] as const).map((name) => [name, true] as const),
  ...(['false', 'False'] as const).map((name) => [name, false] as const),
  ...(['none', 'None'] as const).map((name) => [name, null] as const),
]);

/** `a.b` looks for a method first, `a['b']` for an item. */
function member({ object, property, computed }: Node, scope: Scope): Result {
  const value = evaluate(object, scope);
  if (!computed) {
    const name = String(property.value);
    return methodOf(value, name) ?? itemOf(value, property.type === 'IntegerLiteral' ? property.value : name);
  }
  if (property.type === 'SliceExpression') {
    const bounds = [property.start, property.stop, property.step];
    return sliceOf(
      value,
      bounds.map((bound) => (bound ? (evaluate(bound, scope) ?? undefined) : undefined)),
    );
  }
  const key = evaluate(property, scope);
  return itemOf(value, key) ?? (typeof key === 'string' ? methodOf(value, key) : undefined);
}

function call({ callee, args }: Node, scope: Scope): Value {
  const called = resolve(callee, scope);
  if (typeof called !== 'function') throw new TemplateError(`${describe(callee)} is not a function here`);
  return called(...evaluateArguments(args, scope));
}

function evaluateArguments(args: Node[], scope: Scope): [Value[], Record<string, Value>] {
  const isNamed = (arg: Node) => arg.type === 'KeywordArgumentExpression';
  return [
    args.filter((arg) => !isNamed(arg)).map((arg) => evaluate(arg, scope)),
    Object.fromEntries(args.filter(isNamed).map((arg) => [arg.key.value, evaluate(arg.value, scope)])),
  ];
}

function applyFilter({ operand, filter }: Node, scope: Scope): Value {
  const [name, args]: [string, Node[]] =
    filter.type === 'CallExpression' ? [filter.callee.value, filter.args] : [filter.value, []];
  const [positional, keywords] = evaluateArguments(args, scope);
  if (name === 'default' || name === 'd') {
    const value = resolve(operand, scope);
    const isEmpty = value === undefined || (isTrue(positional[1] ?? false) && !isTrue(value as Value));
    return isEmpty ? (positional[0] ?? '') : (value as Value);
  }
  return filterOf(name)(evaluate(operand, scope), positional, keywords);
}

function test({ operand, test: { value: name } }: Node, scope: Scope): boolean {
  const value = resolve(operand, scope);
  if (name === 'defined') return value !== undefined;
  if (name === 'undefined') return value === undefined;
  if (value === undefined || typeof value === 'function') throw new TemplateError(`${describe(operand)} is undefined`);
  const number = numberOf(value);
  const tests: Record<string, () => boolean> = {
    none: () => value === null,
    string: () => typeof value === 'string',
    number: () => number !== null,
    mapping: () => isDict(value),
    sequence: () => typeof value === 'string' || listOf(value) !== null || isDict(value),
    iterable: () => typeof value === 'string' || listOf(value) !== null || isDict(value),
    odd: () => number !== null && Math.abs(number % 2) === 1,
    even: () => number !== null && number % 2 === 0,
    true: () => value === true,
    false: () => value === false,
  };
  if (!Object.hasOwn(tests, name)) throw new TemplateError(`there is no test "${name}" here`);
  return tests[name]();
}

function unary(operator: string, value: Value): Value {
  if (operator === 'not') return !isTrue(value);
  if (numberOf(value) === null) throw new TemplateError(`${operator} of a ${typeName(value)}`);
  return operate('*', value, operator === '-' ? -1 : 1);
}

const comparisons: Record<string, (a: Value, b: Value) => boolean> = {
  '==': equal,
  '!=': (a, b) => !equal(a, b),
  '<': (a, b) => order(a, b) < 0,
  '>': (a, b) => order(a, b) > 0,
  '<=': (a, b) => order(a, b) <= 0,
  '>=': (a, b) => order(a, b) >= 0,
  in: (a, b) => contains(b, a),
  'not in': (a, b) => !contains(b, a),
};

function binary({ operator: { value: operator }, left, right }: Node, scope: Scope): Value {
  const first = evaluate(left, scope);
  if (operator === 'and') return isTrue(first) ? evaluate(right, scope) : first;
  if (operator === 'or') return isTrue(first) ? first : evaluate(right, scope);
  const second = evaluate(right, scope);
  return Object.hasOwn(comparisons, operator) ? comparisons[operator](first, second) : operate(operator, first, second);
}

function range(args: Value[]): Value {
  const numbers = args.map((arg) => numberOf(arg) ?? Number.NaN);
  const [start, stop, step] = numbers.length === 1 ? [0, numbers[0], 1] : [numbers[0], numbers[1], numbers[2] ?? 1];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= longestRange))
    throw new TemplateError(`range of ${length} numbers, where ${longestRange} are the most`);
  return Array.from({ length }, (_, i) => start + i * step);
}

function describe(node: Node): string {
  if (node.type === 'Identifier') return `'${node.value}'`;
  if (node.type === 'MemberExpression') return `${describe(node.object)}.${node.property.value ?? '[…]'}`;
  return 'an expression';
}
