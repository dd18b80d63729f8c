import { Flags } from '@oclif/core';
import { dtypes } from '../../backend/backend.ts';
import { backendNames } from '../../backend/index.ts';
import { choiceOrders } from '../../harness/task/choice_order.ts';
import { curves, figureDetails } from './flags.ts';

export const resultsFolder = Flags.string({
  char: 'o',
  default: 'results',
  helpValue: 'FOLDER',
  summary: 'Write the results to this folder.',
});

/** Where it goes, and what is told. */
const kept = {
  output: resultsFolder,
  fresh: Flags.boolean({ summary: 'Start over, and forget what an earlier run of the same has done.' }),
  quiet: Flags.boolean({ char: 'q', summary: 'Print the tables and errors only.' }),
};

/** What computes, and by which tokenizer. */
const computingFlags = {
  tokenizer: Flags.string({
    helpValue: 'FOLDER|ID[@REVISION]|FILE',
    summary: "Take the tokenizer from this folder or repository; the model's own if left out.",
  }),
  backend: Flags.option({
    options: backendNames,
    summary: 'Compute with this backend; chosen with the device if left out.',
  })(),
  device: Flags.string({
    helpValue: 'auto|cpu|cuda|…',
    summary: 'Compute on this device, the best that is there if left out; `hon-eval doctor` lists them.',
  }),
  dtype: Flags.option({
    options: dtypes,
    summary: 'Compute in this type of number; float32 if left out, or what the backend has in its place.',
  })(),
  threads: Flags.integer({ min: 1, max: 1024, summary: 'Use so many threads of a CPU; all cores if left out.' }),
};

/** Which models, and what computes them. */
export const modelFlags = {
  model: Flags.string({
    char: 'm',
    required: true,
    multiple: true,
    helpValue: 'FOLDER|ID[@REVISION]|FILE.gguf[+ADAPTER]',
    summary:
      'Read this checkpoint: a folder, a repository of the Hugging Face hub, or a GGUF file in either, with a LoRA adapter or ' +
      'without; or all of a training run: a folder of checkpoints (step_1000, checkpoint-2000, …), or a pattern such as ' +
      'ID@step* or ID@step{0..143000..1000}. It may be given several times.',
  }),
  ...computingFlags,
};

/** What computes side by side. */
export const workerFlags = {
  workers: Flags.integer({
    min: 1,
    max: 1024,
    helpValue: 'N',
    summary: 'Score in so many processes; on a CPU they share its cores.',
  }),
  devices: Flags.string({
    helpValue: 'all|0,1|cuda:0,…',
    exclusive: ['workers'],
    summary: 'Score in a process on each of these devices: all of their kind, or some by number or name.',
  }),
};

/** Where rows come from, and how their choices are mixed. */
const rowFlags = {
  data: Flags.string({
    helpValue: 'FOLDER|FILE',
    summary: 'Read rows from <task>.jsonl, .json, .parquet or .csv here, or from one file, not from the hub.',
  }),
  order: Flags.option({
    options: choiceOrders,
    default: 'question',
    summary: "Mix GPQA's choices by each question alone, or as lm-evaluation-harness does.",
  })(),
};

/** What is run on what. */
const workFlags = (defaultTasks: string) => ({
  ...modelFlags,
  every: Flags.integer({
    min: 1,
    summary: "Take every n-th of a training run's checkpoints, counted from the last.",
  }),
  last: Flags.integer({ min: 1, summary: "Take the last n of a training run's checkpoints." }),
  tasks: Flags.string({
    char: 't',
    multiple: true,
    delimiter: ',',
    default: [defaultTasks],
    helpValue: 'NAME,…',
    summary: 'Take these benchmarks: names, groups of them, or paths of task files; `hon-eval tasks` lists them.',
  }),
  data: rowFlags.data,
  limit: Flags.integer({ min: 1, summary: 'Take only the first documents of each benchmark.' }),
  order: rowFlags.order,
  'skip-impossible': Flags.boolean({
    summary: 'Leave out benchmarks that a model cannot be asked, such as where a choice is longer than its window.',
  }),
});

/** How requests are made of rows, and batches of requests. */
const requestFlags = {
  'include-path': Flags.string({
    multiple: true,
    helpValue: 'FOLDER',
    summary: "Add a folder of lm-evaluation-harness's YAML task files, whose names --tasks then takes.",
  }),
  'fewshot-seed': Flags.integer({ min: 0, default: 1234, summary: 'Draw the shots with this seed.' }),
  'batch-tokens': Flags.integer({
    min: 1,
    summary: 'Put so many tokens into a batch; chosen for the device if left out.',
  }),
};

/** What is scored. */
export const scoringFlags = (defaultTasks: string) => ({
  ...workFlags(defaultTasks),
  'include-path': requestFlags['include-path'],
  'num-fewshot': Flags.integer({
    min: 0,
    helpValue: 'K',
    summary:
      "Put so many shots before each question, as lm-evaluation-harness draws and joins them; each task's own number if left out.",
  }),
  'fewshot-seed': requestFlags['fewshot-seed'],
  tokens: Flags.boolean({ summary: "Write every token's text and log-probability to the samples." }),
  'batch-tokens': requestFlags['batch-tokens'],
});

/** As `scoringFlags` are parsed. */
interface ParsedScoringFlags {
  'include-path'?: string[];
  'num-fewshot'?: number;
  'fewshot-seed': number;
  tokens?: boolean;
  'batch-tokens'?: number;
}

/** Those of them that scoring knows by another name. */
export function scoringOptions(flags: ParsedScoringFlags) {
  return {
    includePaths: flags['include-path'],
    shots: flags['num-fewshot'],
    shotSeed: flags['fewshot-seed'],
    batchTokens: flags['batch-tokens'],
    ...(flags.tokens ? { tokens: true } : {}),
  };
}

/** A candidate that `gate` scores itself, on the documents of its baseline's results. */
export const gateFlags = {
  model: Flags.string({
    char: 'm',
    helpValue: 'FOLDER|ID[@REVISION]|FILE.gguf[+ADAPTER]',
    summary: 'Judge this checkpoint: it is scored on a random part of the documents, until the verdict is settled.',
  }),
  seed: Flags.integer({ min: 0, max: 2 ** 32 - 1, default: 0, summary: 'Draw the order of documents with this seed.' }),
  ...computingFlags,
  ...rowFlags,
  ...requestFlags,
  ...kept,
};

/** How models are asked that are made for conversations. */
export const chatFlags = {
  'apply-chat-template': Flags.boolean({ summary: "Ask by each model's chat template." }),
  'chat-template': Flags.string({
    helpValue: 'NAME',
    summary: 'Take this chat template, where the tokenizer has several.',
    dependsOn: ['apply-chat-template'],
  }),
  'fewshot-as-multiturn': Flags.boolean({
    allowNo: true,
    default: true,
    summary: 'Make the shots turns of their own, in a chat template; else they are one with the question.',
  }),
  'system-instruction': Flags.string({
    helpValue: 'TEXT',
    summary: 'Put this text before the shots and the question.',
  }),
};

/** As `chatFlags` are parsed. */
interface ParsedChatFlags {
  'apply-chat-template': boolean;
  'chat-template'?: string;
  'fewshot-as-multiturn': boolean;
  'system-instruction'?: string;
}

export function chatOptions(flags: ParsedChatFlags) {
  const chat = { name: flags['chat-template'], multiturn: flags['fewshot-as-multiturn'] };
  return { system: flags['system-instruction'], ...(flags['apply-chat-template'] ? { chat } : {}) };
}

/** What is run on what, and where the results go. */
export const runFlags = (defaultTasks: string) => ({
  ...workFlags(defaultTasks),
  reveal: Flags.boolean({ summary: "Write GPQA's rows to the samples in clear text, not as hashes." }),
  ...kept,
  ...figureDetails,
  log: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME[=PLACE]',
    summary:
      'Send results to tensorboard[=FOLDER], mlflow[=ADDRESS], wandb[=PROJECT] or trackio[=PROJECT] once they are ' +
      'written. It may be given several times; `hon-eval log` sends later what could not be sent.',
  }),
  'tokens-per-step': curves['tokens-per-step'],
});
