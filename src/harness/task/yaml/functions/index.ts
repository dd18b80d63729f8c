/**
 * Functions of lm-evaluation-harness's task folders that stand here as well, each known by its source: one that was changed
 * is another one.
 */
import type { FunctionName, YamlValue } from '../load.ts';
import { digests } from './digests.ts';
import { type FieldFunction, fieldFunctions } from './fields.ts';
import { aggregated, resultFunctions } from './results.ts';
import { type RowsFunction, rowsFunctions } from './rows.ts';
import { functionKey } from './source.ts';

/** Names here by the keys of their sources. */
const names = new Map(Object.entries(digests).map(([name, digest]) => [digest, name]));

const kinds: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  process_docs: rowsFunctions,
  process_results: resultFunctions,
  doc_to_text: fieldFunctions,
  doc_to_target: fieldFunctions,
  doc_to_choice: fieldFunctions,
  aggregation: Object.assign({}, ...Object.values(aggregated)),
};

/** @param place The keys that lead to the function in a task's file: `process_docs`, `metric_list.aggregation`. */
export function knowsFunction(place: string, name: FunctionName): boolean {
  return find(kinds[place.split('.').at(-1)!], name) !== undefined;
}

export function rowsFunction(name: FunctionName): RowsFunction {
  return find(rowsFunctions, name)!(name.name.split('.').at(-1)!);
}

/** A function of a row. */
export function fieldFunction(name: FunctionName): FieldFunction {
  return find(fieldFunctions, name)!;
}

export function resultFunction(name: FunctionName) {
  return find(resultFunctions, name)!;
}

/** The name here of a metric that a function aggregates. */
export function aggregatedMetric(metric: YamlValue | undefined, aggregation: FunctionName): string | undefined {
  return find(aggregated[String(metric)], aggregation);
}

function find<T>(table: Readonly<Record<string, T>> | undefined, name: FunctionName): T | undefined {
  const key = functionKey(name) ?? '';
  const known = names.get(key) ?? key;
  return table && Object.hasOwn(table, known) ? table[known] : undefined;
}
