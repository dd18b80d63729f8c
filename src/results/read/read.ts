import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { HonEvalError } from '../../errors.ts';
import { loadTasks } from '../../harness/task/registry.ts';
import type { ModelResults } from '../model_results.ts';
import { sanitize } from '../paths.ts';
import { type FoundFile, findResults } from './find.ts';
import { parseResults } from './parse.ts';

export interface ReadResults {
  models: ModelResults[];
  /** Sentences on what was passed over. */
  notices: string[];
}

/**
 * Reads results of hon-eval and of lm-evaluation-harness.
 *
 * @param places files and folders, each with an optional label: `path` or `label=path`. Of a folder, and of each folder
 *   below it, the newest results of every model count.
 */
export async function readResults(places: readonly string[]): Promise<ReadResults> {
  const models: ModelResults[] = [];
  const notices: string[] = [];
  for (const place of places) {
    const read = await readPlace(place);
    models.push(...read.models);
    notices.push(...read.notices);
  }
  checkNames(models);
  return { models, notices };
}

/** The results of one model: a file, or a folder that holds one model's. Throws a `results` error for several. */
export async function readModel(place: string): Promise<ReadResults & { model: ModelResults }> {
  const { models, notices } = await readPlace(place);
  if (models.length === 1) return { models, notices, model: models[0] };
  const files = models.map(({ name, file }) => `${name} in ${file}`);
  throw new HonEvalError('results', `${place}: expected the results of one model, got those of ${files.join(', ')}.`);
}

async function readPlace(argument: string): Promise<ReadResults> {
  const { label, place } = splitLabel(argument);
  const found = await findResults(place);
  const ownNames = await ownTaskNames();
  const { models, notices } = newest(found.map((file) => withOwnNames(parseFound(file), ownNames)));
  if (label === null) return { models, notices };
  if (models.length === 1) return { models: [{ ...models[0], name: label }], notices };
  throw new HonEvalError(
    'results',
    `${place} holds the results of ${models.length} models; the name ${label} fits one.`,
  );
}

/** The project's names of tasks that lm-evaluation-harness calls otherwise, by its names. */
async function ownTaskNames(): Promise<ReadonlyMap<string, string>> {
  const tasks = await loadTasks();
  return new Map(tasks.flatMap(({ name, lmEvalName }) => (lmEvalName === undefined ? [] : [[lmEvalName, name]])));
}

function withOwnNames(model: ModelResults, names: ReadonlyMap<string, string>): ModelResults {
  const benchmarks = model.benchmarks.map((each) => ({ ...each, name: names.get(each.name) ?? each.name }));
  return { ...model, benchmarks };
}

function splitLabel(argument: string): { label: string | null; place: string } {
  const at = argument.indexOf('=');
  if (at <= 0 || existsSync(argument)) return { label: null, place: argument };
  return { label: argument.slice(0, at), place: argument.slice(at + 1) };
}

function parseFound({ file, content }: FoundFile): ModelResults {
  const folder = path.dirname(file);
  const time = timeOf(file);
  const neighbours = time === null ? new Set<string>() : new Set(readdirSync(folder));
  return parseResults(content, file, (task) => {
    const names = [`samples_${task}_${time}.jsonl`, `samples_${sanitize(task)}_${time}.jsonl`];
    const name = names.find((candidate) => neighbours.has(candidate));
    return name === undefined ? null : path.join(folder, name);
  });
}

/** The time in a file's name, by which results and samples of one run belong together. */
function timeOf(file: string): string | null {
  return /_(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)\.json$/.exec(file)?.[1] ?? null;
}

/** Of several results of one model in one folder, the last. */
function newest(all: readonly ModelResults[]): ReadResults {
  const byModel = Map.groupBy(all, ({ name, file }) => JSON.stringify([path.dirname(file), name]));
  const models: ModelResults[] = [];
  const notices: string[] = [];
  for (const runs of byModel.values()) {
    const [last, ...older] = runs.toSorted(laterFirst);
    models.push(last);
    const files = older.length === 1 ? 'an older results file' : `${older.length} older results files`;
    if (older.length > 0) notices.push(`Took ${last.file} for ${last.name} and passed over ${files} beside it.`);
  }
  return { models, notices };
}

function laterFirst(a: ModelResults, b: ModelResults): number {
  const byDate = (b.date ?? 0) - (a.date ?? 0);
  if (byDate !== 0) return byDate;
  return (timeOf(b.file) ?? '') < (timeOf(a.file) ?? '') ? -1 : 1;
}

function checkNames(models: readonly ModelResults[]): void {
  for (const [name, same] of Map.groupBy(models, (model) => model.name)) {
    if (same.length === 1) continue;
    const files = same.map(({ file }) => file).join(' and ');
    throw new HonEvalError(
      'results',
      `Two results are of ${name} (${files}); give each its own label, as in first=${same[0].file}.`,
    );
  }
}
