import type { BackendInfo } from '../../backend/backend.ts';
import type { CheckpointSource } from '../../checkpoint/types.ts';
import type { HonSetting } from '../../model/hon.ts';
import type { ChoiceOrder } from '../task/choice_order.ts';
import type { GroupRecord, PromptStyle } from '../task/task.ts';
import type { GenerationSettings, PresetName } from './generation.ts';
import type { ScoredTask } from './scored.ts';

/** One model scored on some benchmarks: all that the reports are made of. */
export interface RunRecord {
  model: ModelRecord;
  backend: BackendInfo;
  /** Version by name: `hon-eval`, `node`, `onnxruntime`, … */
  versions: Record<string, string>;
  /** The command line, program first. */
  command: string[];
  /** When the first process began it. */
  startedAt: Date;
  /** Of the process that finished it. */
  totalSeconds: number;
  memory: MemoryRecord;
  /** By stage: `download`, `load`, `tokenize`, `pack`, `score`, or `generate`; `writeRun` adds `write`. */
  stageSeconds: Record<string, number>;
  /** Documents asked for of each benchmark; null for all of them. */
  limit: number | null;
  /** How choices were mixed where the data set does not order them. */
  choiceOrder: ChoiceOrder;
  /** The model's window, in tokens. */
  maxLength: number;
  tokenizer: TokenizerRecord;
  /** Tokens of a batch, padding included; null where the model wrote. */
  batchTokens: number | null;
  /** How the model wrote; null where it was scored by log-likelihood. */
  generation: GenerationRecord | null;
  /** How it was asked where that was by its chat template and it was scored. */
  chat?: ChatRecord;
  tasks: TaskRecord[];
  groups: GroupRecord[];
}

/** How a model was asked by its chat template. */
export interface ChatRecord {
  /** In Jinja. */
  template: string;
  system: string | null;
  /** Whether shots were turns of their own. */
  multiturn: boolean;
}

/** How a model was asked, and how its texts were drawn. */
export interface GenerationRecord extends Omit<GenerationSettings, 'batchSize'> {
  preset: PresetName;
  promptStyle: PromptStyle;
  /** In Jinja; null where the model was asked in plain text. */
  chatTemplate: string | null;
  system: string | null;
  seed: number;
}

/** Bytes. */
export interface MemoryRecord {
  /** Most that the process, and those that scored for it, had held at once when the model was done. */
  peak: number;
  /** The model's parameters in the type that it computes in. */
  weights: number;
}

export interface ModelRecord {
  /** As the user named it: a folder or `owner/name@revision`. */
  name: string;
  source: CheckpointSource;
  /** Where the adapter that is merged into it was found. */
  adapter?: CheckpointSource;
  /** null for standard attention. */
  honSetting: HonSetting | null;
  /** As `architectures` in config.json names it. */
  architecture: string;
  parameters: number;
  /** Tokens that it was trained on, where its training state tells. */
  trainedTokens?: number;
  /** sha256 of the weights, hexadecimal. */
  weightsDigest: string;
  /** sha256 of the tokenizer, hexadecimal. */
  tokenizerDigest: string;
  storedDtypes: string[];
}

/** Special tokens; null where the tokenizer has none. */
export interface TokenizerRecord {
  pad: SpecialToken | null;
  eos: SpecialToken | null;
  bos: SpecialToken | null;
  /** Id of the token that ends a text. */
  eot: number | null;
}

export type SpecialToken = [token: string, id: number];

export interface TaskRecord extends ScoredTask {
  counts: WorkCounts;
  /** Where the rows came from: `owner/name@commit`, or a file. */
  provenance: string;
}

/** The work that a benchmark was, whatever processes did it. */
export interface WorkCounts {
  /** Tokens fed to the model or written by it, padding excluded. */
  tokens: number;
  /** Tokens that doing each (context, continuation) pair or text alone, as lm-evaluation-harness does, would feed. */
  requestTokens: number;
  /** Prompts, where the model wrote. */
  trees: number;
  /** null where the model wrote. */
  batches: number | null;
  /** Documents of which the model did not see the whole context. */
  truncatedDocuments: number;
}
