import path from 'node:path';
import { HonEvalError } from '../../errors.ts';
import type { Json } from '../../json.ts';
import { type HonSetting, honSchema } from '../../model/hon.ts';
import { objectOrNull } from '../../python/read_json.ts';
import type { BenchmarkResults, MetricResult, ModelResults } from '../model_results.ts';

type Block = NonNullable<ReturnType<typeof objectOrNull>>;

/** Whether a JSON value is meant to be a results file, well-formed or not. */
export function looksLikeResults(value: Json): boolean {
  return objectOrNull(objectOrNull(value)?.results) !== null;
}

/**
 * What a results file says, in any of three schemas: hon-eval's, lm-evaluation-harness's current one (metrics are
 * `"acc,none"`), and its flat one of 2021 to 2023 (metrics are `"acc"`). Throws a `results` error where there are no
 * figures, or where a benchmark mixes the two kinds of key.
 *
 * @param findSamples the samples file of a task; null where there is none
 */
export function parseResults(value: Json, file: string, findSamples: (task: string) => string | null): ModelResults {
  const root = objectOrNull(value);
  const results = objectOrNull(root?.results);
  if (!root || !results) {
    throw new HonEvalError(
      'results',
      `${file}: expected results of hon-eval or lm-evaluation-harness, an object with "results" by benchmark; got none.`,
    );
  }
  const all = Object.entries(results).map(([name, block]) => parseBenchmark(name, block, root, file, findSamples));
  const groups = all.filter(({ name }) => isGroup(name, root));
  const benchmarks = all.filter((benchmark) => !groups.includes(benchmark) && benchmark.figures.size > 0);
  if (benchmarks.length === 0) {
    throw new HonEvalError('results', `${file}: expected figures of at least one benchmark, got none.`);
  }
  const name = modelName(root, file);
  return {
    name,
    ownName: name,
    file,
    date: number(root.date),
    parameters: number(modelBlock(root)?.parameters) ?? number(objectOrNull(root.config)?.model_num_parameters),
    honSetting: honSetting(modelBlock(root)?.hon),
    benchmarks,
    groups: groups.filter((group) => group.figures.size > 0),
  };
}

function parseBenchmark(
  name: string,
  value: Json | undefined,
  root: Block,
  file: string,
  findSamples: (task: string) => string | null,
): BenchmarkResults {
  const block = objectOrNull(value);
  if (!block) {
    const came = JSON.stringify(value)?.slice(0, 60);
    throw new HonEvalError('results', `${file}: expected figures of the benchmark ${name}, got ${came}.`);
  }
  const figures = parseFigures(block, ofTask(root.higher_is_better, name), `${file}: ${name}`);
  const counts = objectOrNull(ofTask(root['n-samples'], name));
  const config = objectOrNull(ofTask(root.configs, name));
  const delimiter = config?.target_delimiter;
  const headline = objectOrNull(ofTask(objectOrNull(root.hon_eval)?.tasks, name))?.headline;
  return {
    name,
    figures,
    size: number(counts?.effective) ?? number(block.sample_len) ?? inferSize(figures),
    version: number(ofTask(root.versions, name)),
    shots: number(ofTask(root['n-shot'], name)) ?? number(objectOrNull(root.config)?.num_fewshot),
    headline: typeof headline === 'string' ? headline : null,
    delimiter: typeof delimiter === 'string' ? delimiter : ' ',
    samplesFile: findSamples(name),
  };
}

/** Keys of a benchmark's block that are numbers and no metrics. */
const countKeys = ['sample_len', 'samples'];

function parseFigures(block: Block, directions: Json | undefined, place: string): Map<string, MetricResult> {
  const keys = Object.keys(block).filter((key) => typeof block[key] === 'number' && !countKeys.includes(key));
  const current = keys.filter((key) => key.includes(','));
  if (current.length > 0 && current.length < keys.length) {
    const flat = keys.find((key) => !key.includes(','));
    throw new HonEvalError(
      'results',
      `${place}: mixes the current schema ("${current[0]}") with the flat one ("${flat}"); write the results anew.`,
    );
  }
  const figures = keys
    .filter((key) => !/_stderr(,|$)/.test(key))
    .map((key): [string, MetricResult] => {
      const [metric, ...filter] = key.split(',');
      const stderr = number(block[[`${metric}_stderr`, ...filter].join(',')]);
      const name = filter.join() === 'none' ? metric : key;
      const direction = objectOrNull(directions)?.[metric];
      const higherIsBetter = typeof direction === 'boolean' ? direction : !lowerIsBetter.test(metric);
      return [name, { value: block[key] as number, stderr, higherIsBetter }];
    });
  return new Map(figures);
}

/** Metrics of the flat schema, which does not say it itself. */
const lowerIsBetter = /^(ppl|bits_per_byte|brier_score|likelihood_difference|.*perplexity)$/;

/**
 * The number of documents, which the flat schema leaves out, from an accuracy p and its standard error:
 * se² = p (1 - p) / (n - 1).
 */
function inferSize(figures: ReadonlyMap<string, MetricResult>): number | null {
  for (const metric of ['acc', 'acc_norm']) {
    const { value = 0, stderr = null } = figures.get(metric) ?? {};
    if (stderr && value > 0 && value < 1) return Math.round((value * (1 - value)) / stderr ** 2 + 1);
  }
  return null;
}

/** Some versions list each task as a group of none. */
function isGroup(name: string, root: Block): boolean {
  const members = ofTask(root.group_subtasks, name);
  return ofTask(root.groups, name) !== undefined || (Array.isArray(members) && members.length > 0);
}

function modelName(root: Block, file: string): string {
  const config = objectOrNull(root.config);
  const honEvalName = modelBlock(root)?.name;
  if (typeof honEvalName === 'string' && honEvalName) return honEvalName;
  const { pretrained, revision } = modelArguments(config?.model_args);
  if (pretrained) return revision && revision !== 'main' ? `${pretrained}@${revision}` : pretrained;
  const { model_name } = root;
  return typeof model_name === 'string' && model_name ? model_name : path.basename(file, '.json');
}

/** lm-evaluation-harness's `--model_args`: an object, or `pretrained=owner/name,revision=step1`. */
function modelArguments(value: Json | undefined): { pretrained?: string; revision?: string } {
  const entries =
    typeof value === 'string'
      ? value.split(',').map((pair): [string, string] => [pair.split('=')[0], pair.split('=').slice(1).join('=')])
      : Object.entries(objectOrNull(value) ?? {});
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '');
  return Object.fromEntries(texts);
}

/** What hon-eval adds to lm-evaluation-harness's schema. */
function modelBlock(root: Block): Block | null {
  return objectOrNull(objectOrNull(root.hon_eval)?.model);
}

function honSetting(value: Json | undefined): HonSetting | null {
  return honSchema.safeParse(value).data ?? null;
}

function ofTask(block: Json | undefined, task: string): Json | undefined {
  const object = objectOrNull(block);
  return object && Object.hasOwn(object, task) ? object[task] : undefined;
}

function number(value: Json | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
