import { z } from 'zod';
import { HonEvalError } from '../../errors.ts';
import { metricUnits } from '../../harness/task/task.ts';
import type { Json } from '../../json.ts';
import { factsOf } from '../../metrics/facts.ts';
import type { MetricFacts } from '../../metrics/metric.ts';
import type { HonSetting } from '../../model/hon.ts';
import { honSchema } from '../../model/hon_schema.ts';
import { objectOrNull } from '../../python/read_json.ts';
import type { BenchmarkResults, FigureSource, MetricResult, ModelResults } from '../model_results.ts';
import { baseModel, modelName } from './model_name.ts';
import { type Block, number, ofTask, parseSource, type ReadFile, text } from './source.ts';

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
export function parseResults(value: Json, file: string, findSamples: ReadFile['findSamples']): ModelResults {
  const root = objectOrNull(value);
  const results = objectOrNull(root?.results);
  if (!root || !results) {
    throw new HonEvalError(
      'results',
      `${file}: expected results of hon-eval or lm-evaluation-harness, an object with "results" by benchmark; got none.`,
    );
  }
  const all = Object.entries(results)
    .map(([name, block]) => parseBenchmark(name, block, { file, root, findSamples }))
    .filter(({ figures }) => figures.size > 0);
  const benchmarks = all.filter(({ name }) => !isGroup(name, root));
  if (benchmarks.length === 0) {
    throw new HonEvalError('results', `${file}: expected figures of at least one benchmark, got none.`);
  }
  const model = objectOrNull(objectOrNull(root.hon_eval)?.model);
  const name = text(model?.name) ?? modelName(root, file);
  return {
    name,
    ownName: name,
    file,
    library: libraryOf(root),
    date: number(root.date),
    parameters: number(model?.parameters) ?? number(objectOrNull(root.config)?.model_num_parameters),
    trainedTokens: number(model?.trained_tokens),
    weights: text(model?.weights_sha256),
    honSetting: honSetting(model?.hon),
    base: baseModel(root),
    benchmarks,
    groups: all
      .filter(({ name }) => isGroup(name, root))
      .map((group) => ({ ...group, members: membersOf(group.name, root) })),
  };
}

function libraryOf(root: Block): ModelResults['library'] {
  const own = text(objectOrNull(objectOrNull(root.hon_eval)?.versions)?.['hon-eval']);
  if (own !== null) return { name: 'hon-eval', version: own };
  return { name: 'lm_eval', version: text(root.lm_eval_version) ?? 'unknown' };
}

function parseBenchmark(name: string, value: Json | undefined, read: ReadFile): BenchmarkResults {
  const { file, root } = read;
  const block = objectOrNull(value);
  if (!block) {
    const came = JSON.stringify(value)?.slice(0, 60);
    throw new HonEvalError('results', `${file}: expected figures of the benchmark ${name}, got ${came}.`);
  }
  const source = parseSource(name, block, read);
  return {
    name,
    shots: number(ofTask(root['n-shot'], name)) ?? number(objectOrNull(root.config)?.num_fewshot),
    figures: new Map([...parseFigures(name, block, source, root), ...parseSignals(name, source, root)]),
  };
}

/** Keys of a benchmark's block that are numbers and no metrics. */
const countKeys = ['sample_len', 'samples'];

/** What lm-evaluation-harness's `--predict_only` writes, 999, is no figure. */
const placeholder = 'bypass';

function parseFigures(name: string, block: Block, source: FigureSource, root: Block): Map<string, MetricResult> {
  const keys = Object.keys(block).filter((key) => typeof block[key] === 'number' && !countKeys.includes(key));
  const current = keys.filter((key) => key.includes(','));
  if (current.length > 0 && current.length < keys.length) {
    const flat = keys.find((key) => !key.includes(','));
    throw new HonEvalError(
      'results',
      `${source.file}: ${name}: mixes the current schema ("${current[0]}") with the flat one ("${flat}"); write the ` +
        'results anew.',
    );
  }
  const directions = objectOrNull(ofTask(root.higher_is_better, name));
  const own = objectOrNull(objectOrNull(ofTask(objectOrNull(root.hon_eval)?.tasks, name))?.metrics);
  const aggregations = parseAggregations(objectOrNull(ofTask(root.configs, name))?.metric_list);
  const figures = keys
    .filter((key) => !/_stderr(,|$)/.test(key) && key.split(',')[0] !== placeholder)
    .map((key): [string, MetricResult] => {
      const [metric, ...filter] = key.split(',');
      const facts = parseOwnFacts(own?.[metric]) ?? factsOf(metric);
      const direction = directions?.[metric];
      const aggregation = aggregations.get(metric);
      const result = {
        value: block[key] as number,
        stderr: number(block[[`${metric}_stderr`, ...filter].join(',')]),
        higherIsBetter: typeof direction === 'boolean' ? direction : (facts?.higherIsBetter ?? true),
        unit: facts?.unit ?? null,
        range: facts?.range ?? null,
        isMean: aggregation === undefined ? (facts ? facts.aggregation === 'mean' : null) : aggregation === 'mean',
        source,
      };
      return [filter.join() === 'none' ? metric : key, result];
    });
  return new Map(figures);
}

const ownFactsSchema = z
  .object({
    range: z.tuple([z.number(), z.number()]).nullable(),
    unit: z.enum(metricUnits).nullable(),
    aggregation: z.string(),
  })
  .transform((facts) => ({ ...facts, range: facts.range ?? ([-Infinity, Infinity] as const), higherIsBetter: true }));

/** What results say of a metric that a task has brought; its direction stands elsewhere. */
function parseOwnFacts(value: Json | undefined): Omit<MetricFacts, 'comparesChoices'> | null {
  return ownFactsSchema.safeParse(value).data ?? null;
}

/** Those figures of hon-eval's that lm-evaluation-harness does not have. */
function parseSignals(name: string, source: FigureSource, root: Block): Map<string, MetricResult> {
  const signals = objectOrNull(objectOrNull(ofTask(objectOrNull(root.hon_eval)?.tasks, name))?.signals);
  return signals ? parseFigures(name, signals, source, root) : new Map();
}

/** By metric, how lm-evaluation-harness made one figure of the documents'. */
function parseAggregations(metricList: Json | undefined): Map<string, string> {
  const entries = Array.isArray(metricList) ? metricList.map(objectOrNull) : [];
  return new Map(
    entries.flatMap((entry): [string, string][] =>
      typeof entry?.metric === 'string' && typeof entry.aggregation === 'string'
        ? [[entry.metric, entry.aggregation]]
        : [],
    ),
  );
}

/** Some versions list each task as a group of none. */
function isGroup(name: string, root: Block): boolean {
  return ofTask(root.groups, name) !== undefined || membersOf(name, root).length > 0;
}

function membersOf(name: string, root: Block): string[] {
  const members = ofTask(root.group_subtasks, name);
  return Array.isArray(members) ? members.filter((member) => typeof member === 'string') : [];
}

function honSetting(value: Json | undefined): HonSetting | null {
  return honSchema.safeParse(value).data ?? null;
}
