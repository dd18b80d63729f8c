/** A task of lm-evaluation-harness's, as one of those that run here. */
import type { Row } from '../../../dataset/row.ts';
import type { DatasetSource } from '../../../dataset/source.ts';
import { HonEvalError } from '../../../errors.ts';
import type { JsonObject } from '../../../json.ts';
import { str, type Value } from '../../../python/literal.ts';
import { checkTask } from '../shape.ts';
import type { Question, Shots, Task, Turn } from '../task.ts';
import { type Fields, isMap, readConfig, type TaskConfig } from './config.ts';
import { choicesOf, resolveField, targetOf, textOf } from './fields.ts';
import { resultFunction, rowsFunction } from './functions/index.ts';
import { FunctionName, type YamlMap, type YamlValue } from './load.ts';

/** Where the hub keeps every data set as Parquet: `<configuration>/<split>/0000.parquet`. */
const converted = 'refs/convert/parquet';

/** Data sets that are files beside the task, which `--data` takes the place of. */
const fileLoaders = ['json', 'csv', 'parquet', 'text', 'arrow'];

/**
 * The task that a YAML file's keys describe.
 * @param path Of the file, for messages.
 * @throws HonEvalError `usage` that names the key which is not supported.
 */
export function yamlTask(keys: YamlMap, path: string): Task {
  const config = readConfig(keys);
  const { process_docs: processed } = keys;
  const { task: name, output, metrics } = config;
  const split = text(keys.test_split) ?? text(keys.validation_split);
  if (split === undefined)
    throw new HonEvalError('usage', `The task ${name} has neither a test_split nor a validation_split.`);
  const version = isMap(keys.metadata) && typeof keys.metadata.version === 'number' ? keys.metadata.version : 0;
  const dataset = datasetOf(keys, split);
  const description = text(keys.description);
  const task: Task = {
    ...{ name, title: text(keys.task_alias) ?? name, version, groups: [] },
    ...(dataset ? { dataset } : {}),
    ...{ metrics, headline: metrics[0], output, delimiter: text(keys.target_delimiter) ?? ' ' },
    ...(description ? { description: (row: Row) => str(resolveField(row.json, description)) } : {}),
    ...(processed instanceof FunctionName ? { rows: rowsFunction(processed) } : {}),
    shots: shotsOf(config, split),
    question: (row) => counted(row.json, questionOf(row.json, config), keys.process_results),
  };
  checkTask(task, path);
  return task;
}

/** A key's text; undefined where it is not there. */
function text(value: YamlValue | undefined): string | undefined {
  return value == null ? undefined : String(value);
}

function datasetOf(keys: YamlMap, split: string): DatasetSource | undefined {
  const repo = text(keys.dataset_path);
  const { data_files, data_dir } = isMap(keys.dataset_kwargs) ? keys.dataset_kwargs : {};
  if (repo === undefined || fileLoaders.includes(repo) || data_files || data_dir) return undefined;
  const config = text(keys.dataset_name);
  return { repo, ...(config ? { config } : {}), split, files: filesOf(config, split), revision: converted };
}

function filesOf(config: string | undefined, split: string): string {
  return `${config ?? '*'}/${split}/*.parquet`;
}

function questionOf(doc: JsonObject, config: TaskConfig): Question {
  const target = targetOf(doc, config);
  const prefix = prefixOf(doc, config);
  const named = { target: str(target), ...(prefix ? { prefix } : {}) };
  if (config.output !== 'multiple_choice') {
    if (typeof target !== 'string') throw new TypeError(`doc_to_target gives ${str(target)}, which is no text`);
    const context = config.output === 'loglikelihood' ? String(textOf(doc, config)) : '';
    return { ...named, context, choices: [target], gold: 0 };
  }
  const asked = textOf(doc, config);
  const choices = choicesOf(doc, config.doc_to_choice);
  if (typeof asked === 'number') return { ...named, context: '', choices, gold: asked, continuation: str(target) };
  const golds = goldsOf(target, choices);
  return { ...named, context: asked, choices, gold: golds[0], ...(golds.length > 1 ? { golds } : {}) };
}

/** A question, with what is otherwise in how its scores count. */
function counted(doc: JsonObject, question: Question, processed: YamlValue | undefined): Question {
  return processed instanceof FunctionName ? { ...question, ...resultFunction(processed)(doc, question) } : question;
}

/** The index of the right choice, or of all right ones. */
function goldsOf(target: Value, choices: string[]): number[] {
  if (Array.isArray(target)) return target.map(Number);
  if (typeof target !== 'string') return [Number(target)];
  const gold = choices.indexOf(target);
  if (gold < 0) throw new TypeError(`doc_to_target gives ${JSON.stringify(target)}, which is none of the choices`);
  return [gold];
}

function prefixOf(doc: JsonObject, { gen_prefix }: Pick<Fields, 'gen_prefix'>): string | undefined {
  return gen_prefix === null || gen_prefix === '' ? undefined : str(resolveField(doc, String(gen_prefix)));
}

function shotsOf(config: TaskConfig, scored: string): Shots {
  const { keys, shots } = config;
  const own = text(shots.split) ?? text(keys.fewshot_split);
  const { samples } = shots;
  const split = own ?? text(keys.training_split) ?? text(keys.validation_split) ?? text(keys.test_split)!;
  const sampler = text(shots.sampler) ?? 'default';
  if (sampler !== 'default' && sampler !== 'first_n')
    throw new HonEvalError(
      'usage',
      `The task ${config.task} draws shots by "${sampler}"; expected default or first_n.`,
    );
  const delimiter = text(shots.fewshot_delimiter) ?? text(keys.fewshot_delimiter);
  const answerDelimiter = text(shots.target_delimiter);
  const fields: Fields = {
    doc_to_text: shots.doc_to_text ?? config.doc_to_text,
    doc_to_target: shots.doc_to_target ?? config.doc_to_target,
    doc_to_choice: shots.doc_to_choice ?? config.doc_to_choice,
    gen_prefix: shots.gen_prefix ?? config.gen_prefix,
  };
  return {
    ...(typeof keys.num_fewshot === 'number' ? { count: keys.num_fewshot } : {}),
    ...(own === undefined && Array.isArray(samples) ? { rows: samples as unknown as JsonObject[] } : {}),
    ...(split === scored ? {} : { source: { split, files: filesOf(text(keys.dataset_name), split) } }),
    ...{ sampler, excludesAsked: own === text(keys.test_split) },
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(answerDelimiter === undefined ? {} : { answerDelimiter }),
    turn: ({ json }) => turnOf(json, fields),
  };
}

/** `fewshot_context`'s question, choices and answer of a shot. */
function turnOf(doc: JsonObject, fields: Fields): Turn {
  const asked = textOf(doc, fields);
  const choices = fields.doc_to_choice ? choicesOf(doc, fields.doc_to_choice) : undefined;
  const target = targetOf(doc, fields);
  const prefix = prefixOf(doc, fields);
  if (typeof asked === 'number') return { question: choices![asked], answer: str(target), prefix };
  const index = typeof target === 'boolean' ? Number(target) : target;
  if (typeof index === 'number' && choices) return { question: asked, answer: choices.at(index)!, prefix };
  const answer = Array.isArray(target) ? target[0] : target;
  if (answer !== null && typeof answer !== 'string')
    throw new TypeError(`doc_to_target gives ${str(answer)}, which is no text`);
  return { question: asked, answer, prefix };
}
