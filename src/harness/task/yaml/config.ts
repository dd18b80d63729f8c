/** What a task's YAML file may say: lm-evaluation-harness's `TaskConfig` (lm_eval/config/task.py). */
import { HonEvalError } from '../../../errors.ts';
import { type OutputType, outputTypes } from '../task.ts';
import { aggregatedMetric, knowsFunction } from './functions/index.ts';
import { FunctionName, type YamlMap, type YamlValue } from './load.ts';

/** How a part of a question is made of a row: a column, a template, a value, or a function. */
export type Field = YamlValue;

/** How a row is shown as a shot, or what is asked about it. */
export interface Fields {
  doc_to_text: Field;
  doc_to_target: Field;
  doc_to_choice: Field;
  gen_prefix: Field;
}

export interface TaskConfig extends Fields {
  task: string;
  output: OutputType;
  metrics: string[];
  /** The file's other keys, as they are there. */
  keys: YamlMap;
  shots: YamlMap;
}

/** lm-evaluation-harness's metrics of log-likelihoods, which stand here under the same names. */
const metricNames = [
  ...['acc', 'acc_norm', 'acc_bytes', 'acc_mutual_info', 'exact_match', 'f1', 'mcc', 'brier_score', 'likelihood'],
  ...['perplexity', 'word_perplexity', 'byte_perplexity', 'bits_per_byte'],
];

const defaultMetrics: Record<OutputType, string[]> = {
  multiple_choice: ['acc', 'acc_norm'],
  loglikelihood: ['perplexity', 'acc'],
  loglikelihood_rolling: ['word_perplexity', 'byte_perplexity', 'bits_per_byte'],
};

/** How lm-evaluation-harness aggregates each metric, where it is not by the mean. */
const aggregations: Partial<Record<string, string>> = {
  ...{ f1: 'f1', mcc: 'matthews_corrcoef', brier_score: 'brier_score', perplexity: 'perplexity' },
  ...{ word_perplexity: 'weighted_perplexity', byte_perplexity: 'weighted_perplexity', bits_per_byte: 'bits_per_byte' },
};

/** Keys whose values do not touch a score, so that functions may stand there. */
const passedOver = new Set([
  'doc_to_decontamination_query',
  'should_decontaminate',
  'metadata',
  'tag',
  'task_list',
  'filter_list',
]);

/** Keys that ask for what is not there. */
const unsupported = ['class', 'custom_dataset', 'use_prompt', 'doc_to_image', 'doc_to_audio', 'unsafe_code'] as const;

/**
 * Checks a task's keys.
 * @throws HonEvalError `usage` that names the key, and the function where one is needed.
 */
export function readConfig(keys: YamlMap): TaskConfig {
  const task = String(keys.task);
  const refuse = (what: string) => new HonEvalError('usage', `The task ${task} ${what}.`);
  for (const key of unsupported)
    if (keys[key]) throw refuse(`has the key ${key}, and what it asks for needs lm-evaluation-harness itself`);
  const output = outputTypes.find((type) => type === (keys.output_type ?? 'generate_until'));
  if (!output)
    throw refuse(`is of the type ${keys.output_type ?? 'generate_until'}; expected one of ${outputTypes.join(', ')}`);
  for (const [key, name] of functionsIn(keys)) {
    if (knowsFunction(key, name)) continue;
    throw refuse(`needs the Python function ${name.name} (${key}), which is none of those that stand here as well`);
  }
  const shots = keys.fewshot_config ?? {};
  if (!isMap(shots)) throw refuse('has a fewshot_config that is no mapping');
  return {
    ...{ task, output, keys, shots },
    metrics: keys.metric_list == null ? defaultMetrics[output] : readMetrics(keys, refuse),
    doc_to_text: keys.doc_to_text ?? null,
    doc_to_target: keys.doc_to_target ?? null,
    doc_to_choice: keys.doc_to_choice ?? null,
    gen_prefix: keys.gen_prefix ?? null,
  };
}

function readMetrics({ metric_list: list, process_results }: YamlMap, refuse: (what: string) => Error): string[] {
  const entries = Array.isArray(list) ? list : [list];
  return entries.map((entry) => {
    const { metric, aggregation, hf_evaluate } = isMap(entry) ? entry : {};
    const otherwise = aggregation instanceof FunctionName ? aggregatedMetric(metric, aggregation) : undefined;
    if (otherwise) return otherwise;
    const known = metricNames.find((name) => name === metric);
    if (!known || hf_evaluate === true)
      throw refuse(`has the metric ${metric}, which is not one of ${metricNames.join(', ')}`);
    const own = aggregations[known] ?? 'mean';
    const isOwn = aggregation === undefined || aggregation === own || (known === 'mcc' && aggregation === 'mcc');
    if (!isOwn && !process_results)
      throw refuse(`aggregates ${metric} by ${describe(aggregation)}, and expected is ${own}`);
    return known;
  });
}

function describe(value: YamlValue): string {
  return value instanceof FunctionName ? value.name : String(value);
}

function* functionsIn(value: YamlValue, key = ''): Generator<[key: string, name: FunctionName]> {
  if (value instanceof FunctionName) yield [key, value];
  else if (Array.isArray(value)) for (const item of value) yield* functionsIn(item, key);
  else if (isMap(value))
    for (const [name, item] of Object.entries(value))
      if (!passedOver.has(name)) yield* functionsIn(item, key ? `${key}.${name}` : name);
}

export function isMap(value: YamlValue | undefined): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof FunctionName);
}
