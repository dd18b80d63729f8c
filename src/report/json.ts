import type { JsonObject } from '../json.ts';
import { honEvalBlock } from './hon_eval.ts';
import { dumps } from './python_format.ts';
import type { WrittenRun } from './results.ts';
import { taskBlocks } from './task_results.ts';

/** What `hon-eval run --json` prints. */
export interface RunJson {
  models: ModelJson[];
}

/** One model: the blocks of its results file that hold figures, and where its files are. */
export interface ModelJson {
  model: string;
  /** By benchmark and group: `acc,none`, `acc_stderr,none`, … */
  results: JsonObject;
  files: { results: string; samples: string[] };
  hon_eval: JsonObject;
}

export function runJson(runs: readonly WrittenRun[]): RunJson {
  const models = runs.map(({ record, resultsFile, sampleFiles }) => ({
    model: record.model.name,
    results: taskBlocks(record).results,
    files: { results: resultsFile, samples: sampleFiles },
    hon_eval: honEvalBlock(record),
  }));
  return JSON.parse(dumps({ models }));
}
