/** Which Python function a name of a YAML file stands for: told by its source. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../../../sha256.ts';
import type { FunctionName } from '../load.ts';

/** A statement of a module at its left margin, with the lines that belong to it. */
interface Statement {
  text: string;
  /** What it gives a name to. */
  names: string[];
}

/** Files by their paths: hundreds of tasks may name functions of one. */
const modules = new Map<string, Statement[]>();

/**
 * What a function does, as a key: the module and name of one that lm-evaluation-harness keeps elsewhere, or sha256 of its
 * source with all of the module that it names, hexadecimal; of the whole module where it is made by other means than a
 * definition. Undefined where there is no such file.
 */
export function functionKey({ name, folder }: FunctionName): string | undefined {
  const parts = name.split('.');
  const called = parts.pop()!;
  const path = `${join(folder, ...parts)}.py`;
  if (!modules.has(path)) {
    if (!existsSync(path)) return undefined;
    modules.set(path, statementsOf(readFileSync(path, 'utf8')));
  }
  const statements = modules.get(path)!;
  const own = statements.find(({ names }) => names.includes(called));
  const imported = /^from (lm_eval[\w.]*) import \w+/.exec(own?.text ?? '');
  if (imported) return `${imported[1]}.${called}`;
  const sources = own ? closure(own, statements) : statements;
  return sha256(sources.map(({ text }) => text).join('\n'));
}

/** A statement and those that it names, and so on, in the module's order. */
function closure(own: Statement, statements: readonly Statement[]): Statement[] {
  const taken = new Set([own]);
  for (const { text } of taken) {
    const words = new Set(text.match(/[A-Za-z_]\w*/g));
    for (const other of statements) if (other.names.some((name) => words.has(name))) taken.add(other);
  }
  return statements.filter((statement) => taken.has(statement));
}

/** The statements of a module, without empty lines and comments at the margin. */
function statementsOf(module: string): Statement[] {
  const statements: string[][] = [];
  let quote = '';
  for (const line of module.split(/\r?\n/)) {
    const isInside = quote !== '';
    quote = openQuote(line, quote);
    if (!isInside && (line.trim() === '' || line.startsWith('#'))) continue;
    const starts = !isInside && /^[^\s)\]}]/.test(line) && !statements.at(-1)?.at(-1)?.startsWith('@');
    if (starts || statements.length === 0) statements.push([]);
    statements.at(-1)!.push(line.trimEnd());
  }
  return statements.map((lines) => ({ text: lines.join('\n'), names: namesOf(lines.join('\n')) }));
}

/** The triple quote that is open after a line. */
function openQuote(line: string, open: string): string {
  let quote = open;
  for (const [mark] of line.matchAll(/"""|'''/g)) {
    if (quote === '') quote = mark;
    else if (quote === mark) quote = '';
  }
  return quote;
}

function namesOf(text: string): string[] {
  const [, defined] = /^(?:@.*\n)*(?:def|class) (\w+)/.exec(text) ?? [];
  if (defined) return [defined];
  const [, assigned] = /^(\w+)(?::[^=\n]+)? *=/.exec(text) ?? [];
  if (assigned) return [assigned];
  const [, imported] = /^(?:from \S+ )?import \(?([^#]*)/s.exec(text) ?? [];
  return (imported?.replace(/#.*$/gm, '').split(',') ?? []).flatMap((part) => /(\w+)\s*\)?\s*$/.exec(part)?.[1] ?? []);
}
