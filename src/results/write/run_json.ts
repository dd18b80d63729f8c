import { readFile } from 'node:fs/promises';
import type { JsonObject } from '../../json.ts';
import type { RunFiles } from './write_run.ts';

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

/** As the files have it that were just written. */
export async function runJson(runs: readonly RunFiles[]): Promise<RunJson> {
  const models = runs.map(async ({ record, resultsFile, sampleFiles }) => {
    const { results, hon_eval } = JSON.parse(await readFile(resultsFile, 'utf8'));
    return { model: record.model.name, results, files: { results: resultsFile, samples: sampleFiles }, hon_eval };
  });
  return { models: await Promise.all(models) };
}
