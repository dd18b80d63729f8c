/** Results files made for tests. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TaskRecord } from '../../src/harness/record/run_record.ts';
import type { Task } from '../../src/harness/task/task.ts';
import type { BenchmarkResults, FigureSource } from '../../src/results/model_results.ts';
import { writeRun } from '../../src/results/write/write_run.ts';
import { exampleRun, taskRecord } from './example_run.ts';

/**
 * A benchmark as `taskRecord` makes it, right where the text has a 1.
 * @param outcomes such as `1101`
 */
export function outcomes(name: string, outcomes: string, changes: Partial<Task> = {}): TaskRecord {
  const logLikelihoods = [...outcomes].map((right) => (right === '1' ? [-1, -9] : [-9, -1]));
  return taskRecord(name, logLikelihoods, { metrics: ['acc', 'acc_norm', 'acc_bytes'], ...changes });
}

/** Writes results and samples of hon-eval's; returns the results file. */
export async function writeResults(
  folder: string,
  model: string,
  tasks: TaskRecord[],
  changes: Partial<ReturnType<typeof exampleRun>> = {},
): Promise<string> {
  const base = exampleRun({ tasks, ...changes });
  const run = { ...base, model: { ...base.model, honSetting: null, ...changes.model, name: model } };
  return (await writeRun(run, folder)).resultsFile;
}

/** The samples file of a benchmark that one results file is of. */
export function samplesFileOf({ figures }: Pick<BenchmarkResults, 'figures'>): string | null {
  return sourceOf({ figures }).samplesFile;
}

export function sourceOf({ figures }: Pick<BenchmarkResults, 'figures'>): FigureSource {
  return [...figures.values()][0].source;
}

/** Writes a file of lm-evaluation-harness's flat schema of 2021 to 2023. */
export function writeFlat(file: string, model: string, results: object): string {
  const versions = Object.fromEntries(Object.keys(results).map((task) => [task, 0]));
  const config = { model: 'hf-causal', model_args: `pretrained=${model},revision=step143000`, num_fewshot: 0 };
  return writeJson(file, { results, versions, config });
}

export function writeJson(file: string, content: object): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
  return file;
}
