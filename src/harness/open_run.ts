/** What comes before the work of a run: a backend, the rows, and models that are known to be ones that can be run. */

import type { BackendInfo, BackendOptions, Dtype } from '../backend/backend.ts';
import { chooseBackend, describeChoice } from '../backend/choose.ts';
import { openCheckpoint } from '../checkpoint/open.ts';
import { parameterCount } from '../checkpoint/parameters.ts';
import { loadTokenizer, type SpecialToken, type Tokenizer } from '../checkpoint/tokenizer/tokenizer.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { isOneFile } from '../dataset/read.ts';
import { HonEvalError } from '../errors.ts';
import { RevisionUse } from '../hub/temporary.ts';
import type { DownloadProgress } from '../hub/types.ts';
import type { ModelConfig } from '../model/architecture.ts';
import { describeModel } from '../model/index.ts';
import { peakMemory, weightBytes } from './memory.ts';
import type { RunRecord, TaskRecord } from './record/run_record.ts';
import { StageClock } from './stage_clock.ts';
import type { ChoiceOrder } from './task/choice_order.ts';
import { selectedGroups } from './task/groups.ts';
import { selectTasks } from './task/registry.ts';
import type { Task } from './task/task.ts';
import { versions } from './versions.ts';

/** Which models, and what computes them. */
export interface ModelOptions extends Omit<BackendOptions, 'device' | 'dtype'> {
  /** As `openCheckpoint` takes them. */
  models: string[];
  /**
   * Whether the models are checkpoints of training runs: one after the other is opened, and one that cannot be is passed
   * over. Otherwise all are opened before anything is done.
   */
  series?: boolean;
  /** Where another tokenizer than the models' own is. */
  tokenizer?: string;
  /** Chosen with the device if left out. */
  backend?: string;
  /** The best one that is there if `auto` or left out. */
  device?: string;
  /** float32 if left out, or what the backend has in its place. */
  dtype?: Dtype;
  /** Commits of models on the hub, by the models' names; what the revision is at if left out. */
  commits?: ReadonlyMap<string, string>;
  /** Bytes of the hub's cache that are for models while they are used, as `RevisionUse` has it; all stay if left out. */
  disk?: number;
  signal?: AbortSignal;
}

/** What every kind of run is asked for. */
export interface CommonOptions extends ModelOptions {
  /** Names of tasks and groups, or paths of task files. */
  tasks: string[];
  /** Folders with YAML files of lm-evaluation-harness's kind, whose names come before the project's own. */
  includePaths?: string[];
  /** Throws where a task asks for what there is not, such as a metric, which is better known before hours of scoring. */
  checkTask?(task: Task): unknown;
  /** Folder with the data sets, or the file of the only one; the hub if left out. */
  data?: string;
  /** Documents of each benchmark; all if left out. */
  limit?: number;
  /** How choices are mixed where the data set does not order them; `question` if left out. */
  order?: ChoiceOrder;
  /** What stands before the shots and the question. */
  system?: string;
  /** Shots of each question; each task's own number if left out. */
  shots?: number;
  /** Of the generator that draws shots; 1234 if left out, as in lm-evaluation-harness. */
  shotSeed?: number;
  /** The command line, for the results file. */
  command: string[];
  /** Where a model's journals are. */
  journalFolder(model: string): string;
  /** Whether to forget what earlier processes have done. */
  fresh?: boolean;
  /** Whether benchmarks that a model cannot be asked are left out; else they are an error before any is begun. */
  skipImpossible?: boolean;
}

/** Options with no backend left open. */
export type Chosen<O extends ModelOptions> = O & { backend: string; device: string; dtype: Dtype };

/** What is told while models and rows are fetched. */
export interface OpeningListener {
  notice(message: string): void;
  download(progress: DownloadProgress): void;
  /** Before a model's files are read, and before its weights are. */
  loading?(model: string): void;
}

/** What a run tells while it goes on. */
export interface RunListener extends OpeningListener {
  /** Of a task that an earlier process has begun, before any is gone on with. */
  found(model: string, task: Task, done: number, total: number): void;
  /** Of the tasks of a model, before work on any is begun. */
  expected?(model: string, tasks: readonly { task: Task; done: number; total: number }[]): void;
  /**
   * Before the first document of a task, and whenever some are done.
   * @param tokens What a model that writes has written since it began, whenever there are more.
   */
  progress(model: string, task: Task, done: number, total: number, tokens?: number): void;
  /** A task that could not be finished, or null for a model that could not be run; the others are gone on with. */
  failed(model: string, task: Task | null, error: HonEvalError): void;
}

/** A model's record as far as it has come. */
export interface RunStep {
  record: RunRecord;
  /** Whether anything was added since an earlier process; else its files may be there. */
  changed: boolean;
  /** Whether this was the model's last step. */
  last: boolean;
}

/** A model with all of its files but the weights read. */
export interface OpenModel {
  checkpoint: Checkpoint;
  config: ModelConfig;
  tokenizer: Tokenizer;
  clock: StageClock;
  /** Where it is from the hub, what keeps it in the cache. */
  use: RevisionUse;
}

/** The options with a backend that is there; the listener is told where it is not the usual one. */
export async function chooseOptions<O extends ModelOptions>(
  options: O,
  listener: Pick<OpeningListener, 'notice'>,
): Promise<Chosen<O>> {
  const choice = await chooseBackend(options);
  const notice = describeChoice(choice, options);
  if (notice) listener.notice(notice);
  const { backend, device, dtype } = choice;
  return { ...options, backend, device, dtype };
}

/** The tasks of a run. Throws a `usage` error where one file is to have the rows of several. */
export async function chooseTasks({ tasks: names, includePaths, data, checkTask }: CommonOptions): Promise<Task[]> {
  const tasks = await selectTasks(names, includePaths);
  for (const task of tasks) checkTask?.(task);
  if (tasks.length > 1 && isOneFile(data))
    throw new HonEvalError('usage', `${data} has the rows of one task, and ${tasks.length} are chosen; name a folder.`);
  return tasks;
}

/** Of the model that was opened last: the checkpoints of a training run have the same. */
let latestTokenizer: Tokenizer | undefined;

export async function openModel(
  name: string,
  { signal, tokenizer, commits, disk }: ModelOptions,
  { download: onProgress, notice: onNotice, loading }: OpeningListener,
): Promise<OpenModel> {
  const clock = new StageClock();
  const use = new RevisionUse(disk);
  loading?.(name);
  const commit = commits?.get(name);
  const place = commit === undefined ? name : `${name.split('@')[0]}@${commit}`;
  try {
    const opening = openCheckpoint(place, { tokenizer, onProgress, onNotice, signal, use });
    const checkpoint = asNamed(name, await clock.time('download', opening));
    const config = describeModel(checkpoint.config);
    latestTokenizer = await loadTokenizer(checkpoint, latestTokenizer);
    return { checkpoint, config, tokenizer: latestTokenizer, clock, use };
  } catch (error) {
    use.release();
    throw error;
  }
}

/** A checkpoint that was opened by its commit, under the name and the revision that it was asked for. */
function asNamed(name: string, checkpoint: Checkpoint): Checkpoint {
  const { source } = checkpoint;
  if (checkpoint.name === name || source.kind !== 'hub') return { ...checkpoint, name };
  return { ...checkpoint, name, source: { ...source, revision: name.split('@')[1] ?? 'main' } };
}

/**
 * What is said of every kind of run.
 * @param startedAt When the first process began it.
 * @param totalSeconds What this process has spent on it.
 */
export function describeRun(
  model: OpenModel & { info: BackendInfo; weightsDigest: string },
  tasks: TaskRecord[],
  startedAt: Date,
  totalSeconds: number,
  options: CommonOptions,
): Omit<RunRecord, 'batchTokens' | 'generation'> {
  const { checkpoint, config, tokenizer, info, clock, weightsDigest } = model;
  const special = (token?: SpecialToken): [string, number] | null => (token ? [token.content, token.id] : null);
  const parameters = parameterCount(checkpoint);
  return {
    model: {
      name: checkpoint.name,
      source: checkpoint.source,
      adapter: checkpoint.adapter,
      honSetting: config.hon ?? null,
      architecture: config.architecture,
      parameters,
      trainedTokens: checkpoint.trainedTokens,
      weightsDigest,
      tokenizerDigest: tokenizer.digest,
      storedDtypes: [...new Set([...checkpoint.tensors.values()].map((tensor) => tensor.dtype))],
    },
    backend: info,
    versions: { ...versions(), [info.name]: info.version },
    command: options.command,
    startedAt,
    totalSeconds,
    memory: { peak: peakMemory(), weights: weightBytes(parameters, info.dtype) },
    stageSeconds: clock.seconds,
    limit: options.limit ?? null,
    choiceOrder: options.order ?? 'question',
    maxLength: config.contextLength,
    tokenizer: {
      pad: special(tokenizer.pad),
      eos: special(tokenizer.eos),
      bos: special(tokenizer.bos),
      eot: tokenizer.eos?.id ?? null,
    },
    tasks,
    groups: selectedGroups(
      options.tasks,
      tasks.map(({ task }) => task),
    ),
  };
}
