/**
 * hon-eval for programs: what the commands of the same names do, without a terminal. docs/api.md has an example.
 *
 * Whatever a caller can mend is thrown as a `HonEvalError`, whose `kind` tells which exit code the command would have.
 */
import { chooseModels } from './commands/shared/chosen_models.ts';
import { type ComparedResults, compareResults } from './compare/compare_results.ts';
import { type GateConfig, parseGateConfig } from './compare/gate/config.ts';
import { type GateResult, judge } from './compare/gate/judge.ts';
import { type GenerationOptions, generateAnswers } from './harness/generate/generate_run.ts';
import type { CommonOptions, RunListener, RunStep } from './harness/open_run.ts';
import type { RunOptions as ScoringOptions } from './harness/score/model_scoring.ts';
import { run as runModels } from './harness/score/score_run.ts';
import { formatTable, type TableFormat } from './report/table/formats.ts';
import { type MakeTableOptions, makeTable } from './report/table/make_table.ts';
import type { TableModel } from './report/table/table_model.ts';
import { customary } from './results/benchmarks.ts';
import type { ModelResults } from './results/model_results.ts';
import { readResults } from './results/read/read.ts';
import { RunOutput } from './results/write/run_output.ts';
import type { RunFiles } from './results/write/write_run.ts';

export type { ComparedResults } from './compare/compare_results.ts';
export type { Comparison } from './compare/comparison.ts';
export type { GateConfig } from './compare/gate/config.ts';
export type { GateResult } from './compare/gate/judge.ts';
export type { Row } from './dataset/row.ts';
export type { DatasetSource } from './dataset/source.ts';
export { type FailureKind, HonEvalError } from './errors.ts';
export type { RunListener } from './harness/open_run.ts';
export type {
  ChoiceScore,
  OwnMetric,
  Problem,
  PromptStyle,
  Question,
  Shuffle,
  Task,
} from './harness/task/task.ts';
export type { TableFormat } from './report/table/formats.ts';
export type { TableModel } from './report/table/table_model.ts';
export type { ModelResults } from './results/model_results.ts';
export { readResults };

/** What the library fills in where a caller leaves it out. */
type Filled = 'command' | 'journalFolder' | 'series' | 'tasks';

interface Output {
  /** Folder of the results, or a file that ends in `.json`; `results` if left out. */
  output?: string;
  /** Whether the rows of confidential tasks are written in clear text. */
  reveal?: boolean;
}

type Request<O extends CommonOptions, More extends keyof O = never> = Omit<O, Filled | More> &
  Partial<Pick<O, Exclude<Filled, 'journalFolder'> | More>> &
  Output;

/** As the flags of `hon-eval run`; only `models` is needed. */
export type RunRequest = Request<ScoringOptions>;

/** As the flags of `hon-eval generate`; only `models` is needed. */
export type GenerateRequest = Request<GenerationOptions, 'chatTemplate' | 'preset' | 'seed' | 'stop'>;

/**
 * Scores models on benchmarks by log-likelihood, writes their results, and gives what was written. What an earlier run with
 * the same output has done is taken over. A task or checkpoint that fails is told to `listener.failed`, and the others are
 * gone on with; without that listener it is thrown at the end.
 */
export function run(request: RunRequest, listener: Partial<RunListener> = {}): Promise<ModelResults[]> {
  return carryOut(request, 'paper', listener, (options, told) => runModels({ ...request, ...options }, told));
}

/** Has models write their answers, grades them, writes the results, and gives what was written. As `run` otherwise. */
export function generate(request: GenerateRequest, listener: Partial<RunListener> = {}): Promise<ModelResults[]> {
  const filled = { preset: 'openr1' as const, stop: [], seed: 0, chatTemplate: true, ...request };
  return carryOut(request, 'reasoning', listener, (options, told) => generateAnswers({ ...filled, ...options }, told));
}

/**
 * Tests whether two models differ, document by document.
 * @param first Results of hon-eval or lm-evaluation-harness: a file, or a folder that holds one model's.
 */
export function compare(
  first: string,
  second: string,
  options: Partial<Parameters<typeof compareResults>[2]> = {},
): Promise<ComparedResults> {
  const usual = { metric: customary, confidence: 0.95, resamples: 10_000, seed: 0, flips: false };
  return compareResults(first, second, { ...usual, ...options });
}

/** Judges a candidate's results by a baseline's. What cannot be read is a verdict too: `error`. */
export function gate(baseline: string, candidate: string, settings: Partial<GateConfig> = {}): Promise<GateResult> {
  return judge(baseline, candidate, parseGateConfig(settings, 'the settings'));
}

/** The table of the results at some places, and how to write it. */
export async function table(
  places: readonly string[],
  options: Partial<MakeTableOptions> = {},
): Promise<{ table: TableModel; notices: string[]; format(format: TableFormat): string }> {
  const made = await makeTable(places, { alpha: 0.05, ...options });
  return { ...made, format: (format) => formatTable(made.table, format) };
}

/** @param start Runs the models; its options are complete. */
async function carryOut(
  request: Omit<CommonOptions, Filled> & Partial<CommonOptions> & Output,
  defaultTasks: string,
  listener: Partial<RunListener>,
  start: (options: CommonOptions, listener: RunListener) => AsyncGenerator<RunStep>,
): Promise<ModelResults[]> {
  const { models, series } = await chooseModels(request.models, request);
  const output = new RunOutput(models, request.output ?? 'results', request.reveal ?? false);
  let failure: Error | undefined;
  const told: RunListener = {
    notice() {},
    download() {},
    found() {},
    progress() {},
    failed(_model, _task, error) {
      failure ??= error;
    },
    ...listener,
  };
  const options: CommonOptions = {
    tasks: [defaultTasks],
    command: ['hon-eval'],
    ...request,
    models: models.map(({ place }) => place),
    series,
    journalFolder: (place) => output.journalFolder(place),
  };
  await output.prepare();
  const done: RunFiles[] = [];
  const begin = (signal: AbortSignal) => start({ ...options, signal }, told);
  for await (const written of output.write(begin, request.signal)) done.push(written);
  if (failure) throw failure;
  return (await readResults(output.inOrder(done).map(({ resultsFile }) => resultsFile))).models;
}
