import type { JsonObject } from '../../json.ts';
import { dumps } from '../../python/write_json.ts';
import { taskBlocks } from './benchmark_blocks.ts';
import { honEvalBlock } from './hon_eval_block.ts';
import type { WrittenRun } from './write_run.ts';

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
