/** Runs in which models write their answers. */
import type { BackendInfo } from '../../backend/backend.ts';
import { type ChatTemplate, findChatTemplate } from '../../checkpoint/chat_template.ts';
import { weightsDigest } from '../../checkpoint/digest.ts';
import { endTokens } from '../../checkpoint/end_tokens.ts';
import { checkVocabulary } from '../../checkpoint/tokenizer/tokenizer.ts';
import { HonEvalError } from '../../errors.ts';
import { GradingPool } from '../../grading/pool.ts';
import type { List } from '../../long_list.ts';
import { commonSettings, type UnitSettings } from '../journal/settings.ts';
import { type LoadedTask, loadTask } from '../load_task.ts';
import {
  type Chosen,
  type CommonOptions,
  chooseOptions,
  chooseTasks,
  describeRun,
  type OpenModel,
  openModel,
  type RunListener,
  type RunStep,
} from '../open_run.ts';
import type { PresetName, SamplingSettings } from '../record/generation.ts';
import type { GenerationRecord } from '../record/run_record.ts';
import { checkSampled } from '../task/ask.ts';
import { makeProblems } from '../task/make_documents.ts';
import { backendVersion } from '../versions.ts';
import { workOff } from '../work_off.ts';
import { GenerationWorker } from './generation_worker.ts';
import { presets } from './presets.ts';
import { makePrompts, type Prompt } from './prompts.ts';
import { TextUnit, type WritingOptions, type WritingTools } from './text_unit.ts';

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
}

/**
 * Has every model write its answers to every problem, and grades them meanwhile. Gives a model's record after each task.
 * @throws HonEvalError for whatever the user can mend.
 */
export async function* generateAnswers(options: GenerationOptions, listener: RunListener): AsyncGenerator<RunStep> {
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
  try {
    // All of them, so that a model that cannot be asked is known before hours of writing.
    for (const name of options.models) {
      const model = await describeAsked(name, chosen, listener);
      models.push(model);
      for (const task of loaded) model.units.push(await askTask(task, model, chosen));
    }
    for (const model of models) yield* runModel(model, chosen, listener);
  } finally {
    for (const { units } of models) for (const { journal } of units) journal.close();
  }
}

/** A model with what it is going to be asked, and how. */
interface AskedModel extends OpenModel {
  template: ChatTemplate | null;
  units: TextUnit[];
  generation: GenerationRecord;
  weightsDigest: string;
  settings: UnitSettings;
}

async function describeAsked(
  name: string,
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
  const settings = { ...(await commonSettings(model, digest, options)), ...writingSettings(generation) };
  return { ...model, template, units: [], generation, weightsDigest: digest, settings };
}

async function askTask(task: LoadedTask, model: AskedModel, options: Chosen<GenerationOptions>): Promise<TextUnit> {
  const { name } = model.checkpoint;
  const { reveal, fresh = false } = options;
  const settings = { ...model.settings, ...(task.task.confidential ? { reveal } : {}) };
  const asking = {
    samples: options.samples ?? presets[options.preset].samples(task.task.name),
    contextLength: model.config.contextLength,
  };
  const unit = await TextUnit.open(name, task, settings, asking, { folder: options.journalFolder(name), fresh });
  try {
    // A prompt may tell the time: a run that goes on asks the same.
    unit.ask(await promptsOf(task, model, { template: model.template, now: unit.journal.begun, ...options }));
    return unit;
  } catch (error) {
    unit.journal.close();
    throw error;
  }
}

async function promptsOf(
  task: LoadedTask,
  { tokenizer, config }: OpenModel,
  options: Parameters<typeof makePrompts>[2],
): Promise<List<Prompt>> {
  const { documents } = task;
  function* contexts() {
    for (const { context } of documents) yield context;
  }
  const prompts = await makePrompts(contexts(), tokenizer, options);
  let i = 0;
  for (const { tokens } of prompts) {
    const { place } = documents.at(i++)!;
    if (tokens.length === 0 && options.template)
      throw new HonEvalError('checkpoint', `${options.template.file}: its chat template writes nothing for ${place}.`);
    if (tokens.length === 0) throw new HonEvalError('dataset', `${place}: expected a problem, got one without tokens.`);
    checkVocabulary(tokens, config.vocabularySize, place);
  }
  return prompts;
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

/** What texts depend on, beside the model and the problem. */
function writingSettings(generation: GenerationRecord): UnitSettings {
  const { temperature, topP, topK, maxNewTokens, stop, eos, seed, promptStyle, chatTemplate, system } = generation;
  return {
    temperature,
    'top-p': topP,
    'top-k': topK,
    'max-new-tokens': maxNewTokens,
    stop: [...stop],
    'end tokens': [...eos],
    seed,
    'prompt style': promptStyle,
    'chat template': chatTemplate,
    'system prompt': system,
  };
}

async function* runModel(
  model: AskedModel,
  options: Chosen<GenerationOptions>,
  listener: RunListener,
): AsyncGenerator<RunStep> {
  const { checkpoint, tokenizer, generation, units } = model;
  const { name } = checkpoint;
  const startedAt = performance.now();
  let tools: WritingTools | undefined;
  try {
    yield* workOff(
      {
        model: name,
        folder: options.journalFolder(name),
        fresh: options.fresh ?? false,
        units: units.map((unit) => ({
          task: unit.task,
          journal: unit.journal,
          total: unit.total,
          done: () => unit.done(),
          work: () => unit.work(name, tools!),
          record: () => unit.record(),
        })),
        load: async () => {
          const starting = GenerationWorker.start(checkpoint, tokenizer, options.backend, options, options.signal);
          const worker = await model.clock.time('load', starting);
          tools = { worker, grading: new GradingPool(), generation, options, listener };
        },
        describe(finished, begun) {
          const clock = model.clock.copy();
          clock.add('generate', tools?.worker.busySeconds ?? 0);
          const used = units.find(({ journal }) => journal.backend)?.journal.backend;
          const seconds = (performance.now() - startedAt) / 1000;
          const described = { ...model, clock, info: used ?? unused(options) };
          return { ...describeRun(described, finished, begun, seconds, options), batchTokens: null, generation };
        },
      },
      listener,
    );
  } finally {
    await Promise.all([tools?.worker.close(), tools?.grading.close()]);
  }
}

/** Of a backend that had nothing to compute, as no prompt fits into the model's window. */
function unused({ backend: name, device, dtype }: Chosen<GenerationOptions>): BackendInfo {
  return { name, version: backendVersion(name), device, dtype, threads: 0 };
}
