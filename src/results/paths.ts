import path from 'node:path';
import type { Plan } from '../harness/shard/plan.ts';
import { strftime } from '../python/strftime.ts';

/** Where the files of one run go. */
export interface RunPaths {
  folder: string;
  results: string;
  /** samples_<task>_<time>.jsonl */
  samples(task: string): string;
}

/**
 * lm-evaluation-harness's places: `<output>/<model>/results_<time>.json`, or `<stem>_<time>.json` where the output ends
 * in `.json`; the samples beside it. `time` is local, as Python's `datetime.isoformat()` with "-" for ":".
 *
 * @param begunAt milliseconds since 1970, with a fraction
 */
export function runPaths(output: string, modelName: string, begunAt: number): RunPaths {
  const { name, ext } = path.parse(output);
  const time = formatTime(begunAt);
  const folder = runFolder(output, modelName);
  return {
    folder,
    results: path.join(folder, ext === '.json' ? `${name}_${time}.json` : `results_${time}.json`),
    samples: (task) => path.join(folder, `samples_${sanitize(task)}_${time}.jsonl`),
  };
}

export function runFolder(output: string, modelName: string): string {
  const { dir, ext } = path.parse(output);
  return ext === '.json' ? dir || '.' : path.join(output, sanitizeModelName(modelName));
}

/** Where the journals of a model's units are. */
export function journalFolder(output: string, modelName: string): string {
  return path.join(runFolder(output, modelName), 'journal');
}

/** Where the journals of a plan's models are, by the models' places. */
export function plannedJournals({ models }: Pick<Plan, 'models'>, output: string): (model: string) => string {
  const folders = new Map(models.map(({ name, label }) => [name, journalFolder(output, label)]));
  return (model) => folders.get(model)!;
}

/** lm-evaluation-harness's `sanitize_model_name`; a name of dots alone, such as `..`, does not leave the folder. */
export function sanitizeModelName(name: string): string {
  return sanitize(name).replace(/^\.+$/, '__');
}

/** A name as part of a file name, which is printed as it is: of lm-evaluation-harness's, without control characters. */
export function sanitize(name: string): string {
  return name.replace(/["<>:/|\\?*[\]\p{Cc}\p{Bidi_Control}]+/gu, '__');
}

function formatTime(milliseconds: number): string {
  const microseconds = Math.floor((milliseconds % 1000) * 1000);
  return `${strftime(new Date(milliseconds), '%Y-%m-%dT%H-%M-%S')}.${String(microseconds).padStart(6, '0')}`;
}
