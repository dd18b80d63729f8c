import path from 'node:path';
import type { Json } from '../../json.ts';
import { objectOrNull } from '../../python/read_json.ts';

/**
 * What lm-evaluation-harness calls a model by, the first that there is (lm_eval/loggers/evaluation_tracker.py): an
 * adapter goes before the model that it is put on.
 */
const nameArguments = ['peft', 'delta', 'pretrained', 'model', 'path', 'engine'];

/** The model that a results file without hon-eval's own block is of; the file's name where it does not tell. */
export function modelName(root: { [key: string]: Json | undefined }, file: string): string {
  const given = modelArguments(objectOrNull(root.config)?.model_args);
  const key = nameArguments.find((argument) => given[argument]);
  const { revision } = given;
  if (key === 'pretrained' && revision && revision !== 'main') return `${given.pretrained}@${revision}`;
  if (key) return given[key];
  const { model_name } = root;
  return typeof model_name === 'string' && model_name ? model_name : path.basename(file, '.json');
}

/** The model that an adapter is put on; null without one. */
export function baseModel(root: { [key: string]: Json | undefined }): string | null {
  const { peft, delta, pretrained } = modelArguments(objectOrNull(root.config)?.model_args);
  return peft || delta ? (pretrained ?? null) : null;
}

/** lm-evaluation-harness's `--model_args`: an object, or `pretrained=owner/name,revision=step1`. */
function modelArguments(value: Json | undefined): Record<string, string> {
  const entries =
    typeof value === 'string'
      ? value.split(',').map((pair): [string, string] => [pair.split('=')[0], pair.split('=').slice(1).join('=')])
      : Object.entries(objectOrNull(value) ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
