import { readdirSync } from 'node:fs';
import path from 'node:path';
import { HonEvalError } from '../../errors.ts';
import { loadTasks } from '../../harness/task/registry.ts';
import { trainingStep } from '../../training_step.ts';
import type { BenchmarkResults, ModelResults } from '../model_results.ts';
import { splitLabel } from '../names.ts';
import { sanitize } from '../paths.ts';
import { type FoundFile, findResults } from './find.ts';
import { mergeResults, type PassedOver } from './merge.ts';
import { parseResults } from './parse.ts';

export interface ReadResults {
  models: ModelResults[];
  /** Sentences on what was passed over. */
  notices: string[];
}

/**
 * Reads results of hon-eval and of lm-evaluation-harness. Files of one model are merged, wherever they are. Throws a
 * `results` error where two places have other weights under one name.
 *
 * @param places files and folders, each with an optional label: `path` or `label=path`; of folders all results files in
 *   them and below
 */
export async function readResults(places: readonly string[]): Promise<ReadResults> {
  const read: ModelResults[] = [];
  const passedOver: PassedOver[] = [];
  // Within one place the newest weights count; two places with different ones are a mistake.
  for (const place of places) {
    const merged = mergeByName(await readPlace(place));
    read.push(...merged.models);
    passedOver.push(...merged.passedOver);
  }
  for (const [name, same] of Map.groupBy(read, (model) => model.name)) checkOneModel(name, same);
  const merged = mergeByName(read);
  return { models: merged.models, notices: describePassedOver([...passedOver, ...merged.passedOver]) };
}

/** The results of one model: a file, or a folder that holds one model's. Throws a `results` error for several. */
export async function readModel(place: string): Promise<ReadResults & { model: ModelResults }> {
  const { models, notices } = await readResults([place]);
  if (models.length === 1) return { models, notices, model: models[0] };
  const places = ownPlaces(models);
  const shown = models.slice(0, 4).map(({ name }, i) => `${name} (${places[i]})`);
  const more = models.length > shown.length ? [`${models.length - shown.length} more`] : [];
  throw new HonEvalError(
    'results',
    `${place}: expected the results of one model, got those of ${models.length}: ${[...shown, ...more].join(', ')}; name ` +
      `the file or folder of one, such as ${places[0]}.`,
  );
}

/** Where each model's results are: its folder, or its file where others' lie in the same folder or below. */
function ownPlaces(models: readonly ModelResults[]): string[] {
  const folders = models.map(({ file }) => path.dirname(file));
  const holds = (folder: string, other: string) => `${other}${path.sep}`.startsWith(`${folder}${path.sep}`);
  return models.map(({ file }, i) =>
    folders.every((other, j) => i === j || !holds(folders[i], other)) ? folders[i] : file,
  );
}

/** One result a file. */
async function readPlace(argument: string): Promise<ModelResults[]> {
  const { label, place } = splitLabel(argument);
  const found = await findResults(place);
  const ownNames = await ownTaskNames();
  const models = found.map((file) => withOwnNames(parseFound(file), ownNames));
  if (label === null) return models;
  const names = new Set(models.map(({ name }) => name));
  if (names.size === 1) return models.map((model) => ({ ...model, name: label }));
  const steps = models.map(({ name }) => trainingStep(name));
  if (new Set(steps.map((step) => step?.run)).size === 1 && steps[0])
    return models.map((model, i) => ({ ...model, name: `${label}@step${steps[i]!.step}` }));
  throw new HonEvalError('results', `${place} holds the results of ${names.size} models; the name ${label} fits one.`);
}

/** The project's names of tasks that lm-evaluation-harness calls otherwise, by its names. */
async function ownTaskNames(): Promise<ReadonlyMap<string, string>> {
  const tasks = await loadTasks();
  return new Map(tasks.flatMap(({ name, lmEvalName }) => (lmEvalName === undefined ? [] : [[lmEvalName, name]])));
}

function withOwnNames(model: ModelResults, names: ReadonlyMap<string, string>): ModelResults {
  const named = <B extends BenchmarkResults>(each: B): B => ({ ...each, name: names.get(each.name) ?? each.name });
  return { ...model, benchmarks: model.benchmarks.map(named), groups: model.groups.map(named) };
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

function mergeByName(all: readonly ModelResults[]): { models: ModelResults[]; passedOver: PassedOver[] } {
  const byName = Map.groupBy(all, ({ name }) => name);
  const merged = [...byName.values()].map((files) => mergeResults(files.toSorted(laterFirst)));
  return {
    models: merged.map(({ model }) => model),
    passedOver: merged.flatMap((each) => each.passedOver ?? []),
  };
}

function laterFirst(a: ModelResults, b: ModelResults): number {
  const byDate = (b.date ?? 0) - (a.date ?? 0);
  if (byDate !== 0) return byDate;
  return (timeOf(b.file) ?? '') < (timeOf(a.file) ?? '') ? -1 : 1;
}

function checkOneModel(name: string, models: readonly ModelResults[]): void {
  const known = models.filter(({ weights }) => weights !== null);
  if (new Set(known.map(({ weights }) => weights)).size < 2) return;
  const files = known.map(({ file }) => file).join(' and ');
  throw new HonEvalError(
    'results',
    `Results of different weights have the name ${name} (${files}); give each its own label, as in ` +
      `first=${known[0].file}.`,
  );
}

/** One sentence, however many files and models there are. */
function describePassedOver(all: readonly PassedOver[]): string[] {
  if (all.length === 0) return [];
  const shown = 3;
  const models = all.slice(0, shown).map(({ model, benchmarks, files }) => {
    const names = benchmarks.length > 4 ? `${benchmarks.length} benchmarks` : benchmarks.join(', ');
    return `${model} (${names} in ${files.length === 1 ? files[0] : `${files.length} files`})`;
  });
  const more = all.length > shown ? [`${all.length - shown} other models`] : [];
  return [`The newest figures count; passed over older ones of ${[...models, ...more].join('; ')}.`];
}
