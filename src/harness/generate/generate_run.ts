/** Runs in which models write their answers. */
import { type ChatTemplate, findChatTemplate } from '../../checkpoint/chat_template.ts';
import { weightsDigest } from '../../checkpoint/digest.ts';
import { endTokens } from '../../checkpoint/end_tokens.ts';
import { HonEvalError } from '../../errors.ts';
import { GradingPool } from '../../grading/pool.ts';
import type { JsonObject } from '../../json.ts';
import { type LoadedTask, loadTask } from '../load_task.ts';
import {
  type Chosen,
  type CommonOptions,
  checkVocabulary,
  chooseOptions,
  chooseTasks,
  describeRun,
  type OpenModel,
  openModel,
  type RunListener,
} from '../open_run.ts';
import type { PresetName, SamplingSettings } from '../record/generation.ts';
import type { GenerationRecord, RunRecord, TaskRecord } from '../record/run_record.ts';
import { checkSampled } from '../task/ask.ts';
import { makeProblems } from '../task/make_documents.ts';
import { type AskedTask, type WritingOptions, writeTask } from './answer_task.ts';
import { GenerationWorker } from './generation_worker.ts';
import { Journal } from './journal.ts';
import { presets } from './presets.ts';
import { makePrompts } from './prompts.ts';

export interface GenerationOptions extends CommonOptions, WritingOptions, Partial<SamplingSettings> {
  /** What decides whatever is left out here. */
  preset: PresetName;
  /** Texts a problem. */
  samples?: number;
  maxNewTokens?: number;
  /** Texts that end an answer. */
  stop: string[];
  seed: number;
  /** Whether models are asked by their chat templates. */
  chatTemplate: boolean;
  system?: string;
  /** Whether to go on with an unfinished run. */
  resume: boolean;
  /** Where a model's texts are kept until its results are written. */
  journalFile(model: string): string;
}

/**
 * Has every model write its answers to every problem, and grades them meanwhile. Gives each model's record as soon as it
 * is done; the next one is asked for once the record is written.
 * @throws HonEvalError for whatever the user can mend.
 */
export async function* generateAnswers(options: GenerationOptions, listener: RunListener): AsyncGenerator<RunRecord> {
  if (options.stop.includes(''))
    throw new HonEvalError('usage', 'Expected a text that ends answers, got an empty one.');
  const chosen = await chooseOptions(options, listener);
  const preset = presets[options.preset];
  const tasks = await chooseTasks(options);
  checkSampled(tasks);
  const ask: Parameters<typeof loadTask>[1] = (task, rows, { order }) =>
    makeProblems(task, rows, preset.style, { order });
  const loaded: LoadedTask[] = [];
  for (const task of tasks) loaded.push(await loadTask(task, ask, options, listener));
  const models: AskedModel[] = [];
  // All of them, so that a model that cannot be asked is known before hours of writing.
  for (const name of options.models) models.push(await askModel(name, loaded, chosen, listener));
  for (const model of models) {
    yield await runModel(model, chosen, listener);
    await model.journal.remove();
  }
}

/** A model with what it is going to be asked, and how. */
interface AskedModel extends OpenModel {
  tasks: AskedTask[];
  generation: GenerationRecord;
  weightsDigest: string;
  journal: Journal;
}

async function askModel(
  name: string,
  tasks: LoadedTask[],
  options: Chosen<GenerationOptions>,
  listener: RunListener,
): Promise<AskedModel> {
  const model = await openModel(name, options, listener);
  const { checkpoint, tokenizer } = model;
  const template = options.chatTemplate ? await findChatTemplate(checkpoint) : null;
  if (options.chatTemplate && !template) listener.notice(`${name} has no chat template; it is asked in plain text.`);
  const eos = await endTokens(checkpoint, tokenizer);
  const generation = describeGeneration(options, template, eos);
  const digest = await weightsDigest(checkpoint);
  const dependencies = { ...journalHead(generation, options), weights: digest, tokenizer: tokenizer.digest };
  const journal = await Journal.open(options.journalFile(name), dependencies, options.resume);
  const asked: AskedTask[] = [];
  for (const task of tasks) asked.push(await askTask(task, model, { template, now: journal.begun, ...options }));
  if (journal.found > 0) listener.notice(`${name}: going on after ${journal.found} texts.`);
  return { ...model, tasks: asked, generation, weightsDigest: digest, journal };
}

async function askTask(
  task: LoadedTask,
  { tokenizer, config }: OpenModel,
  options: Parameters<typeof makePrompts>[2],
): Promise<AskedTask> {
  const contexts = task.documents.map(({ context }) => context);
  const prompts = await makePrompts(contexts, tokenizer, options);
  prompts.forEach(({ tokens }, i) => {
    const { place } = task.documents[i];
    if (tokens.length === 0 && options.template)
      throw new HonEvalError('checkpoint', `${options.template.file}: its chat template writes nothing for ${place}.`);
    if (tokens.length === 0) throw new HonEvalError('dataset', `${place}: expected a problem, got one without tokens.`);
    checkVocabulary(tokens, config.vocabularySize, place);
  });
  return { ...task, prompts };
}

function describeGeneration(
  options: GenerationOptions,
  template: ChatTemplate | null,
  eos: number[],
): GenerationRecord {
  const preset = presets[options.preset];
  return {
    preset: options.preset,
    promptStyle: preset.style,
    temperature: options.temperature ?? preset.temperature,
    topP: options.topP ?? preset.topP,
    topK: options.topK ?? preset.topK,
    maxNewTokens: options.maxNewTokens ?? preset.maxNewTokens,
    stop: options.stop,
    eos,
    seed: options.seed,
    chatTemplate: template?.text ?? null,
    system: options.system ?? null,
  };
}

/** What texts depend on, beside the model and the prompt. */
function journalHead(generation: GenerationRecord, options: Chosen<GenerationOptions>): JsonObject {
  const { temperature, topP, topK, maxNewTokens, stop, eos, seed } = generation;
  const { backend, device, dtype, reveal } = options;
  const settings = { temperature, topP, topK, maxNewTokens, stop: [...stop], eos: [...eos], seed };
  return { ...settings, backend, device, dtype, reveal };
}

async function runModel(
  model: AskedModel,
  options: Chosen<GenerationOptions>,
  listener: RunListener,
): Promise<RunRecord> {
  const { checkpoint, tokenizer, clock, generation, journal } = model;
  const startedAt = new Date();
  const starting = GenerationWorker.start(checkpoint, tokenizer, options.backend, options, options.signal);
  const worker = await clock.time('load', starting);
  const grading = new GradingPool();
  try {
    const tools = { worker, grading, journal, generation, options, listener };
    const tasks: TaskRecord[] = [];
    for (const task of model.tasks) {
      const samples = options.samples ?? presets[options.preset].samples(task.task.name);
      tasks.push(await writeTask(checkpoint.name, task, samples, tools));
    }
    clock.add('generate', worker.busySeconds);
    const described = describeRun({ ...model, info: worker.info }, tasks, startedAt, options);
    return { ...described, batchTokens: null, generation };
  } finally {
    await Promise.all([worker.close(), grading.close()]);
  }
}
