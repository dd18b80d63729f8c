/** Runs in which models write their answers. */
import { findChatTemplate } from '../checkpoint/chat_template.ts';
import { weightsDigest } from '../checkpoint/digest.ts';
import { endTokens } from '../checkpoint/end_tokens.ts';
import { GradingPool } from '../grading/pool.ts';
import { GenerationWorker } from './generation_worker.ts';
import { Journal } from './journal.ts';
import { checkVocabulary } from './prepare.ts';
import {
  type Chosen,
  type CommonOptions,
  chooseOptions,
  describeRun,
  type LoadedTask,
  loadTask,
  type OpenModel,
  openModel,
  type RunListener,
} from './prepare_run.ts';
import { type Preset, type PresetName, presets } from './presets.ts';
import { makePrompts } from './prompts.ts';
import { checkSampled, problems, selectTasks } from './registry.ts';
import type { GenerationRecord, RunRecord, TaskRecord } from './run_record.ts';
import type { SamplingSettings } from './sampling.ts';
import { type AskedTask, type WritingOptions, writeTask } from './write_task.ts';

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
  const chosen = await chooseOptions(options, listener);
  const preset = presets[options.preset];
  const tasks = await selectTasks(options.tasks);
  checkSampled(tasks);
  const ask: Parameters<typeof loadTask>[1] = (task, rows, shuffle) => problems(task, rows, preset.style, shuffle);
  const loaded: LoadedTask[] = [];
  for (const task of tasks) loaded.push(await loadTask(task, ask, options, listener));
  const models: AskedModel[] = [];
  for (const name of options.models) models.push(await askModel(name, loaded, chosen, listener));
  for (const model of models) {
    const { record, journal } = await runModel(model, preset, chosen, listener);
    yield record;
    await journal.remove();
  }
}

/** A model with what it is going to be asked. */
interface AskedModel extends OpenModel {
  tasks: AskedTask[];
  /** In Jinja. */
  chatTemplate: string | null;
  eos: number[];
}

async function askModel(
  name: string,
  tasks: LoadedTask[],
  options: GenerationOptions,
  listener: RunListener,
): Promise<AskedModel> {
  const model = await openModel(name, options, listener);
  const { checkpoint, tokenizer, config } = model;
  const { system, signal } = options;
  const template = options.chatTemplate ? await findChatTemplate(checkpoint) : null;
  if (options.chatTemplate && !template) listener.notice(`${name} has no chat template; it is asked in plain text.`);
  const all = tasks.flatMap(({ documents }) => documents);
  const contexts = all.map(({ context }) => context);
  const prompts = await makePrompts(contexts, tokenizer, { template, system, signal });
  for (const [i, { tokens }] of prompts.entries())
    checkVocabulary(
      tokens.reduce((a, b) => Math.max(a, b), 0),
      config.vocabularySize,
      all[i].place,
    );
  const byDocument = new Map(all.map((document, i) => [document, prompts[i]]));
  const asked = tasks.map((task) => ({ ...task, prompts: task.documents.map((each) => byDocument.get(each)!) }));
  return { ...model, tasks: asked, chatTemplate: template?.text ?? null, eos: await endTokens(checkpoint, tokenizer) };
}

async function runModel(
  model: AskedModel,
  preset: Preset,
  options: Chosen<GenerationOptions>,
  listener: RunListener,
): Promise<{ record: RunRecord; journal: Journal }> {
  const { checkpoint, tokenizer, clock } = model;
  const startedAt = new Date();
  const generation = describeGeneration(model, preset, options);
  const digest = await weightsDigest(checkpoint);
  const starting = GenerationWorker.start(checkpoint, tokenizer, options.backend, options, options.signal);
  const worker = await clock.time('load', starting);
  const grading = new GradingPool();
  try {
    const { info } = worker;
    const journal = await openJournal(generation, { ...model, info, weightsDigest: digest }, options);
    if (journal.found > 0) listener.notice(`${checkpoint.name}: going on after ${journal.found} texts.`);
    const tasks: TaskRecord[] = [];
    for (const task of model.tasks) {
      const samples = options.samples ?? preset.samples(task.task.name);
      const tools = { worker, grading, journal, generation, options, listener };
      tasks.push(await writeTask(checkpoint.name, task, samples, tools));
    }
    clock.add('generate', worker.busySeconds);
    const described = describeRun({ ...model, info, weightsDigest: digest }, tasks, startedAt, options);
    return { record: { ...described, batchTokens: null, generation }, journal };
  } finally {
    await Promise.all([worker.close(), grading.close()]);
  }
}

function describeGeneration(
  { chatTemplate, eos }: AskedModel,
  preset: Preset,
  options: GenerationOptions,
): GenerationRecord {
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
    chatTemplate,
    system: options.system ?? null,
  };
}

/** A journal of texts that depend on all that is named here, and on their prompts. */
function openJournal(
  generation: GenerationRecord,
  model: Parameters<typeof describeRun>[0],
  options: Chosen<GenerationOptions>,
): Promise<Journal> {
  const { temperature, topP, topK, maxNewTokens, stop, eos, seed } = generation;
  const { checkpoint, tokenizer, weightsDigest, info } = model;
  const run = {
    weights: weightsDigest,
    tokenizer: tokenizer.digest,
    backend: info.name,
    device: info.device,
    dtype: info.dtype,
    ...{ temperature, topP, topK, maxNewTokens, stop: [...stop], eos: [...eos], seed },
    reveal: options.reveal,
  };
  return Journal.open(options.journalFile(checkpoint.name), run, options.resume);
}
