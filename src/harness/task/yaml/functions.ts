/** Functions of lm-evaluation-harness's task folders that stand here as well. */
import type { JsonObject } from '../../../json.ts';
import type { Value } from '../../../python/literal.ts';
import type { FunctionName } from './load.ts';

export function knowsFunction(_: FunctionName): boolean {
  return false;
}

/** A function of a row. */
export function docFunction(name: FunctionName): (doc: JsonObject) => Value {
  throw new Error(`there is no function ${name.name} here`);
}
