/** Attention of models over one text, which they read as they do when they are scored. */
import type { BackendInfo, Outputs } from '../backend/backend.ts';
import { loadBackend } from '../backend/index.ts';
import { chain } from '../backend/trunk.ts';
import { checkVocabulary, type Tokenizer } from '../checkpoint/tokenizer/tokenizer.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { HonEvalError } from '../errors.ts';
import { loadTaskRows } from '../harness/load_task.ts';
import { type Chosen, chooseOptions, type ModelOptions, type OpeningListener, openModel } from '../harness/open_run.ts';
import { encodeRequests } from '../harness/score/encode.ts';
import { makeDocuments } from '../harness/task/make_documents.ts';
import { type Request, requestsOf } from '../harness/task/prompt.ts';
import { selectTasks } from '../harness/task/registry.ts';
import type { ModelConfig } from '../model/architecture.ts';
import { attentionPlace, buildAttentionScores } from '../model/attention_scores.ts';
import type { AttentionCall } from '../model/hon.ts';
import { firstPosition } from '../model/rotary.ts';

/** A document of a benchmark, by its index from 0; the model reads its context and its right choice. */
export interface DocumentChoice {
  task: string;
  document: number;
  /** Folder with the data sets; the hub if left out. */
  data?: string;
}

export interface AttentionOptions extends ModelOptions {
  /** What the models read. */
  input: { text: string } | DocumentChoice;
}

/** The attentions of one model over n tokens. */
export interface ObservedModel {
  name: string;
  config: ModelConfig;
  backend: BackendInfo;
  ids: number[];
  /** Their texts. */
  tokens: string[];
  /** The outer attention first, then by depth. */
  attentions: ObservedAttention[];
}

/** One attention in all layers. */
export interface ObservedAttention {
  path: AttentionCall['path'];
  /** For each layer, q·kᵀ/√dh of its heads, without the causal mask: [heads, n, n]. */
  scores: (Float32Array | Float64Array)[];
}

/** Bytes of float32 scores that one attention may take, over all layers and heads. */
const memoryLimit = 2 ** 30;

/**
 * Runs every model once over the text, and gives its attentions as soon as it is done.
 * @throws HonEvalError for whatever the user can mend, before any model runs.
 */
export async function* observeAttention(
  options: AttentionOptions,
  listener: OpeningListener,
): AsyncGenerator<ObservedModel> {
  const chosen = await chooseOptions(options, listener);
  const encode = await inputEncoder(options, listener);
  const readers: Reader[] = [];
  for (const name of options.models) readers.push(await openReader(name, encode, options, listener));
  for (const reader of readers) {
    options.signal?.throwIfAborted();
    yield await observe(reader, chosen);
  }
}

/** A model with the tokens that it is to read. */
interface Reader {
  checkpoint: Checkpoint;
  config: ModelConfig;
  ids: number[];
  tokens: string[];
}

type Encode = (tokenizer: Tokenizer) => number[];

/** The way from a tokenizer to the input's tokens. */
async function inputEncoder({ input, signal }: AttentionOptions, listener: OpeningListener) {
  if ('text' in input) {
    if (input.text === '') throw new HonEvalError('usage', 'The text is empty; give the models something to read.');
    return (tokenizer: Tokenizer) => tokenizer.encode(input.text);
  }
  const { request, place } = await readDocument(input, listener, signal);
  return (tokenizer: Tokenizer) => {
    const [{ context, continuation }] = encodeRequests(tokenizer, { requests: [request], place });
    return [...context, ...continuation];
  };
}

async function readDocument(
  { task: name, document: index, data }: DocumentChoice,
  { download: onProgress, notice: onNotice }: OpeningListener,
  signal?: AbortSignal,
): Promise<{ request: Request; place: string }> {
  const tasks = await selectTasks([name]);
  if (tasks.length > 1) {
    const names = tasks.map((task) => task.name).join(', ');
    throw new HonEvalError('usage', `Attention is over one document, and "${name}" is ${names}; name one of them.`);
  }
  if (tasks[0].confidential)
    throw new HonEvalError('usage', `The rows of ${name} must not be shown, as a map of their tokens would do.`);
  const { rows, total } = await loadTaskRows(tasks[0], { data, limit: index + 1, signal, onProgress, onNotice });
  if (index >= rows.length)
    throw new HonEvalError('usage', `There is no document ${index} in ${name}, which has ${total}, counted from 0.`);
  const document = (await makeDocuments(tasks[0], rows, { count: 0 })).at(index)!;
  return { request: requestsOf(document, tasks[0])[document.gold], place: document.place };
}

async function openReader(
  name: string,
  encode: Encode,
  options: AttentionOptions,
  listener: OpeningListener,
): Promise<Reader> {
  const { checkpoint, config, tokenizer } = await openModel(name, options, listener);
  const ids = encode(tokenizer);
  checkTokens(name, ids, config);
  return { checkpoint, config, ids, tokens: ids.map((id) => tokenizer.decode([id])) };
}

function checkTokens(name: string, ids: readonly number[], config: ModelConfig): void {
  const { contextLength, vocabularySize, layers, heads } = config;
  if (ids.length === 0)
    throw new HonEvalError('usage', `The text has no tokens for ${name}; give it something to read.`);
  if (ids.length > contextLength)
    throw new HonEvalError(
      'usage',
      `The text has ${ids.length} tokens, which do not fit into the window of ${name}, ${contextLength} tokens; ` +
        'give a shorter one.',
    );
  const most = Math.floor(Math.sqrt(memoryLimit / (4 * layers * heads)));
  if (ids.length > most)
    throw new HonEvalError(
      'memory',
      `The attention weights of ${ids.length} tokens in the ${layers * heads} heads of ${name} take too much memory; ` +
        `give a text of at most ${most} tokens.`,
    );
  checkVocabulary(ids, vocabularySize, name);
}

async function observe(reader: Reader, options: Chosen<AttentionOptions>): Promise<ObservedModel> {
  const { checkpoint, config, ids, tokens } = reader;
  const backend = await loadBackend(options.backend);
  const model = await backend.load(checkpoint.tensors, (ops) => buildAttentionScores(ops, checkpoint.config), options);
  try {
    const batch = chain(ids, firstPosition(config.long, ids.length));
    const outputs = Object.entries(await model.run(batch));
    const attentions = collect(
      Object.fromEntries(outputs.map(([name, scores]) => [name, withoutPadding(scores, batch.columns, ids.length)])),
    );
    checkFinite(checkpoint.name, attentions);
    return { name: checkpoint.name, config, backend: model.info, ids, tokens, attentions };
  } finally {
    await model.close();
  }
}

/** [heads, columns, columns] as [heads, n, n]: without the padding. */
function withoutPadding(scores: Float32Array | Float64Array, columns: number, n: number) {
  return scores.filter((_, i) => i % columns < n && Math.floor(i / columns) % columns < n);
}

function collect(outputs: Outputs<string>): ObservedAttention[] {
  const places = Object.keys(outputs).map((name) => ({ name, ...attentionPlace(name) }));
  const attentions = [...Map.groupBy(places, ({ path }) => JSON.stringify(path)).values()].map((layers) => ({
    path: layers[0].path,
    scores: layers.toSorted((a, b) => a.layer - b.layer).map(({ name }) => outputs[name]),
  }));
  return attentions.sort((a, b) => a.path.length - b.path.length);
}

function checkFinite(name: string, attentions: readonly ObservedAttention[]): void {
  if (attentions.every(({ scores }) => scores.every((layer) => layer.every(Number.isFinite)))) return;
  throw new HonEvalError(
    'numeric',
    `The attention scores of ${name} are not finite; its weights or its dtype make numbers that are not.`,
  );
}
