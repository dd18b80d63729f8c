/** The parts of a question, made of a row: lm-evaluation-harness's `doc_to_text`, `doc_to_target` and `doc_to_choice`. */
import type { JsonObject } from '../../../json.ts';
import { Template } from '../../../python/jinja/template.ts';
import { literalEval, str, Tuple, type Value } from '../../../python/literal.ts';
import type { Field, Fields } from './config.ts';
import { fieldFunction } from './functions/index.ts';
import { FunctionName } from './load.ts';

const templates = new Map<string, Template>();

/** A column of the row, or a template over all of them. */
export function resolveField(doc: JsonObject, field: string): Value {
  return Object.hasOwn(doc, field) ? (doc[field] as Value) : render(doc, field);
}

function render(doc: JsonObject, text: string): string {
  if (!templates.has(text)) templates.set(text, new Template(text));
  return templates.get(text)!.render(doc as Record<string, Value>);
}

/** A text, or an index where the question is one of the choices. */
export function textOf(doc: JsonObject, { doc_to_text: field, doc_to_choice }: Fields): string | number {
  if (typeof field === 'number') return field;
  const value = evaluated(doc, field, 'doc_to_text');
  const read = isTemplate(doc, field) && doc_to_choice !== null && isDigits(value) ? literalEval(String(value)) : value;
  if (typeof read === 'string' || typeof read === 'number') return read;
  throw new TypeError(`doc_to_text gives ${str(read)}, which is no text`);
}

export function targetOf(doc: JsonObject, { doc_to_target: field, doc_to_choice }: Fields): Value {
  if (typeof field === 'number' || Array.isArray(field)) return field as Value;
  const value = evaluated(doc, field, 'doc_to_target');
  if (!isTemplate(doc, field) || typeof value !== 'string') return value;
  if (doc_to_choice !== null && isDigits(value)) return literalEval(value);
  if (value.length < 2 || !value.startsWith('[') || !value.endsWith(']')) return value;
  try {
    return literalEval(value);
  } catch {
    return value;
  }
}

export function choicesOf(doc: JsonObject, field: Field): string[] {
  const value =
    typeof field === 'object' && field !== null && !(field instanceof FunctionName)
      ? Object.values(field)
      : evaluated(doc, field, 'doc_to_choice');
  const read = isTemplate(doc, field) ? literalEval(String(value)) : value;
  const choices = read instanceof Tuple ? read.items : read;
  if (Array.isArray(choices) && choices.every((choice) => typeof choice === 'string')) return choices;
  throw new TypeError(`doc_to_choice gives ${str(choices as Value)}, which is no list of texts`);
}

function isTemplate(doc: JsonObject, field: Field): field is string {
  return typeof field === 'string' && !Object.hasOwn(doc, field);
}

function evaluated(doc: JsonObject, field: Field, key: string): Value {
  if (typeof field === 'string') return resolveField(doc, field);
  if (field instanceof FunctionName) return fieldFunction(field)(doc);
  throw new TypeError(`the task has no ${key}`);
}

/** Python's `str.isdigit`, as far as what it is true of is a number. */
function isDigits(value: Value): boolean {
  return typeof value === 'string' && /^\d+$/.test(value);
}
