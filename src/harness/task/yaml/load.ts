/** lm-evaluation-harness's YAML files as PyYAML reads them, with their includes (lm_eval/tasks/_yaml_loader.py). */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMap, parseDocument, type ScalarTag, type Tags } from 'yaml';
import { HonEvalError, reason } from '../../../errors.ts';
import { deepestJson, isTooDeep, type Json } from '../../../json.ts';

/** A `!function`: a name in a Python file beside the YAML file. */
export class FunctionName {
  /** Module and function: `utils.process_docs`. */
  readonly name: string;
  /** Folder of the YAML file that names it. */
  readonly folder: string;

  constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
  }
}

export type YamlValue = null | boolean | number | string | FunctionName | YamlValue[] | YamlMap;
export interface YamlMap {
  [key: string]: YamlValue;
}

/** YAML 1.1's plain scalars as PyYAML resolves them (yaml/resolver.py). */
const scalars: ScalarTag[] = [
  {
    ...{ tag: 'tag:yaml.org,2002:null', default: true, test: /^(?:~|null|Null|NULL|)$/ },
    resolve: () => null,
  },
  {
    ...{ tag: 'tag:yaml.org,2002:bool', default: true, test: /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/ },
    resolve: () => true,
  },
  {
    ...{ tag: 'tag:yaml.org,2002:bool', default: true, test: /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/ },
    resolve: () => false,
  },
  {
    ...{
      tag: 'tag:yaml.org,2002:int',
      default: true,
      test: /^[-+]?(?:0b[01_]+|0[0-7_]+|(?:0|[1-9][\d_]*)|0x[\da-fA-F_]+)$/,
    },
    resolve: readInteger,
  },
  {
    ...{ tag: 'tag:yaml.org,2002:float', default: true },
    test: /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
    resolve: readFloat,
  },
];

function readInteger(text: string): number {
  const [, sign, digits] = /^([-+]?)(.*)$/.exec(text.replaceAll('_', ''))!;
  const number = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return sign === '-' ? -number : number;
}

function readFloat(text: string): number {
  const word = text.toLowerCase().replaceAll('_', '');
  if (word.endsWith('inf')) return word.startsWith('-') ? -Infinity : Infinity;
  return word === '.nan' ? Number.NaN : Number(word);
}

/**
 * A YAML file with what it includes, its own keys before those of included files. Throws a `usage` error where it cannot
 * be read, holds no mapping, or includes itself.
 */
export function loadYaml(path: string, seen: readonly string[] = []): YamlMap {
  const file = resolve(path);
  if (seen.includes(file)) throw new HonEvalError('usage', `The task file ${path} includes itself.`);
  const { include = [], ...own } = readYaml(file);
  const merged: YamlMap = {};
  for (const name of Array.isArray(include) ? include : [include]) {
    const { task_list: _, ...included } = loadYaml(resolve(dirname(file), String(name)), [...seen, file]);
    Object.assign(merged, included);
  }
  return { ...merged, ...own };
}

/**
 * The keys of a YAML file, without what it includes.
 * @param only Those keys alone; a file is read several times as fast.
 */
export function readYaml(file: string, only?: readonly string[]): YamlMap {
  if (!existsSync(file)) throw new HonEvalError('usage', `There is no task file ${file}.`);
  const text = indentQuoted(readFileSync(file, 'utf8'));
  const broken = (error: unknown) =>
    new HonEvalError('usage', `The task file ${file} is not YAML (${reason(error).split('\n')[0]}).`);
  const tooDeep = () => broken(`more than ${deepestJson} levels of lists and mappings`);
  if (mostOpen(text) > mostBrackets) throw tooDeep();
  const functionTag: ScalarTag = { tag: '!function', resolve: (name) => new FunctionName(name, dirname(file)) };
  const document = parse(only ? sections(text, only) : text, [...scalars, functionTag]);
  const [error] = document.errors;
  if (error) throw broken(error);
  if (!isMap(document.contents))
    throw new HonEvalError('usage', `The task file ${file} must hold a mapping with the keys of a task or a group.`);
  const values = valuesOf(document, broken);
  if (isTooDeep(values as Json)) throw tooDeep();
  return values;
}

/** Brackets that may be open at a place, those of texts among them: of many more, parsing takes seconds. */
const mostBrackets = 10 * deepestJson;

/** How many brackets are open at most. */
function mostOpen(text: string): number {
  let [open, most] = [0, 0];
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    open = bracket === '[' || bracket === '{' ? open + 1 : Math.max(0, open - 1);
    most = Math.max(most, open);
  }
  return most;
}

/** Throws what `broken` makes of aliases of what is not there, or of too much. */
function valuesOf(document: ReturnType<typeof parse>, broken: (error: unknown) => HonEvalError): YamlMap {
  try {
    return document.toJS({ maxAliasCount: 1000 });
  } catch (error) {
    throw broken(error);
  }
}

/** PyYAML lets a quoted text of a top key go on at the beginning of a line, where `yaml` takes it for another key. */
function indentQuoted(text: string): string {
  let open = '';
  const lines = text.split('\n').map((line) => {
    const [, mark = '', rest = ''] = open ? ['', open, line] : (/^\w+\s*:\s*(['"])(.*)$/.exec(line) ?? []);
    const isInside = open !== '';
    if (mark) open = endsWithin(rest, mark) ? '' : mark;
    return isInside ? ` ${line}` : line;
  });
  return open ? text : lines.join('\n');
}

function endsWithin(rest: string, mark: string): boolean {
  return rest.replaceAll(mark === "'" ? "''" : /\\./g, '').includes(mark);
}

/** The lines of a mapping's top keys, of those named. */
function sections(text: string, names: readonly string[]): string {
  let isWanted = false;
  const lines = text.split('\n').filter((line) => {
    const [, key] = /^["']?(\w+)["']?\s*:/.exec(line) ?? [];
    if (key !== undefined) isWanted = names.includes(key);
    return isWanted;
  });
  return lines.length > 0 ? lines.join('\n') : '{}';
}

function parse(text: string, customTags: Tags) {
  return parseDocument(text, {
    ...{ version: '1.1', schema: 'failsafe', merge: true, uniqueKeys: false, logLevel: 'error', customTags },
  });
}
