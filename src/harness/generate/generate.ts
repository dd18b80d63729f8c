/** Writes texts with a model: several at once, each by its own random numbers, whatever is written beside it. */
import type { LongSequences } from '../../model/rotary.ts';
import type { GeneratedText, GenerationSettings } from '../record/generation.ts';
import { sampleToken } from './sampling.ts';

/** A prompt and how often it is continued. */
export interface GenerationRequest {
  /** Token ids; at least one, and fewer than the model's window has. */
  prompt: readonly number[];
  /** Uniform numbers in [0, 1), one stream a sample. Samples share the prompt's computation. */
  streams: readonly (() => number)[];
}

/** A model that continues sequences, as the harness drives it. Sequences are known by their place, from 0. */
export interface GeneratingModel {
  /** Its window, in tokens. */
  contextLength: number;
  /** Sequences that it has to read anew when they become such. */
  long?: LongSequences;
  /** Tokens that there is memory for, over all sequences: of each as many as of the longest. */
  cacheTokens: number;
  /** The text of token ids, without special tokens. */
  decode(tokens: number[]): string;
  /** Reads a sequence from its start and keeps it aside; logits of what follows. */
  read(tokens: readonly number[]): Promise<Float32Array>;
  /** Puts what was read last, or the sequence at `from`, at `place`: that of another one, or the first free one. */
  put(place: number, from?: number): Promise<void>;
  /** Adds a token to each sequence and forgets those behind them; logits of what follows, one array a sequence. */
  step(tokens: readonly number[]): Promise<Float32Array[]>;
}

/** The work that a generation was. */
export interface GenerationCounts {
  /** Tokens of prompts that were read; a prompt counts once for all of its samples. */
  promptTokens: number;
  /** Tokens that were written. */
  tokens: number;
  steps: number;
}

export interface GenerationProgress {
  /** Called before every step, with counts that go on. */
  onStep?(counts: Readonly<GenerationCounts>): void;
  signal?: AbortSignal;
}

/** More at once makes each step longer; less uses the weights, which each step reads, for fewer tokens. */
const defaultBatchSize = 16;

/** How much longer texts should be able to grow, where memory is short, for another one to start. */
const headroom = 1.25;

/** Called as soon as a text ends, in whatever order. */
type TextListener<R> = (request: R, sample: number, text: GeneratedText) => void;

/**
 * Continues every prompt as often as it has streams. A text that ends makes room for the next one: requests are asked for
 * as they are begun. Where memory is short, a text is put off and read again later, so that its tokens stay what they are.
 */
export async function generate<R extends GenerationRequest>(
  requests: Iterable<R>,
  model: GeneratingModel,
  settings: GenerationSettings,
  onText: TextListener<R>,
  { onStep, signal }: GenerationProgress = {},
): Promise<GenerationCounts> {
  const generation = new Generation(requests, model, settings, onText);
  while (generation.unfinished) {
    signal?.throwIfAborted();
    onStep?.(generation.counts);
    await generation.admit();
    await generation.step();
  }
  return generation.counts;
}

/** A text that is being written. */
interface Sequence<R> {
  request: R;
  sample: number;
  uniform: () => number;
  /** The last one is not yet known to the model. */
  tokens: number[];
}

function* sequencesOf<R extends GenerationRequest>(requests: Iterable<R>): Generator<Sequence<R>, undefined> {
  for (const request of requests)
    for (const [sample, uniform] of request.streams.entries()) yield { request, sample, uniform, tokens: [] };
}

class Generation<R extends GenerationRequest> {
  readonly counts: GenerationCounts = { promptTokens: 0, tokens: 0, steps: 0 };
  readonly #model: GeneratingModel;
  readonly #settings: GenerationSettings;
  readonly #onText: TextListener<R>;
  readonly #upcoming: Generator<Sequence<R>, undefined>;
  /** Those that were put off, and the next one. */
  readonly #waiting: Sequence<R>[] = [];
  /** By their place in the model. */
  readonly #active: Sequence<R>[] = [];
  /** The prompt that the model has aside. */
  #aside?: { prompt: readonly number[]; logits: Float32Array };

  constructor(requests: Iterable<R>, model: GeneratingModel, settings: GenerationSettings, onText: TextListener<R>) {
    this.#model = model;
    this.#settings = settings;
    this.#onText = onText;
    this.#upcoming = sequencesOf(requests);
  }

  get unfinished(): boolean {
    return this.#active.length > 0 || this.#next() !== undefined;
  }

  /** Starts what waits, while there is room. */
  async admit(): Promise<void> {
    for (let sequence = this.#next(); sequence && this.#hasRoom(sequence); sequence = this.#next()) {
      this.#waiting.shift();
      if (this.#extend(sequence, await this.#read(sequence))) continue;
      await this.#model.put(this.#active.length);
      this.#active.push(sequence);
    }
  }

  /** What is to be started next. */
  #next(): Sequence<R> | undefined {
    if (this.#waiting.length === 0) {
      const { value } = this.#upcoming.next();
      if (value) this.#waiting.push(value);
    }
    return this.#waiting[0];
  }

  /** Adds a token to every text. */
  async step(): Promise<void> {
    await this.#putOff();
    if (this.#active.length === 0) return;
    const logits = await this.#model.step(this.#active.map(({ tokens }) => tokens.at(-1)!));
    this.counts.steps++;
    // From the last place to the first: what takes the place of a text that ends has its token already.
    for (let place = this.#active.length - 1; place >= 0; place--)
      if (this.#extend(this.#active[place], logits[place])) await this.#remove(place);
  }

  #hasRoom(sequence: Sequence<R>): boolean {
    const { batchSize = defaultBatchSize } = this.#settings;
    if (this.#active.length === 0) return true;
    return this.#active.length < batchSize && this.#fits([...this.#active, sequence], headroom);
  }

  #fits(sequences: readonly Sequence<R>[], growth: number): boolean {
    const longest = Math.max(...sequences.map(lengthOf));
    return sequences.length * longest * growth <= this.#model.cacheTokens;
  }

  /** Logits of what follows a sequence that the model does not know yet. */
  async #read({ request: { prompt }, tokens }: Sequence<R>): Promise<Float32Array> {
    if (tokens.length === 0 && this.#aside?.prompt === prompt) return this.#aside.logits;
    this.#aside = undefined;
    const logits = await this.#model.read([...prompt, ...tokens]);
    if (tokens.length > 0) return logits;
    this.#aside = { prompt, logits };
    this.counts.promptTokens += prompt.length;
    return logits;
  }

  /**
   * Has texts wait to be read again: those that the next token makes long ones, and the shortest where memory does not
   * last for another token of all.
   */
  async #putOff(): Promise<void> {
    const { long } = this.#model;
    for (let place = this.#active.length - 1; place >= 0; place--)
      if (long && lengthOf(this.#active[place]) === long.beyond + 1) await this.#wait(place);
    while (this.#active.length > 1 && !this.#fits(this.#active, 1)) {
      const lengths = this.#active.map(lengthOf);
      const shortest = lengths.indexOf(Math.min(...lengths));
      await this.#wait(shortest);
    }
  }

  async #wait(place: number): Promise<void> {
    this.#waiting.unshift(this.#active[place]);
    await this.#remove(place);
  }

  /** Draws the next token; tells of the text and returns true where it ends. */
  #extend(sequence: Sequence<R>, logits: Float32Array): boolean {
    const { tokens, request, sample, uniform } = sequence;
    const token = sampleToken(logits, this.#settings, this.#settings.temperature > 0 ? uniform() : 0);
    this.counts.tokens++;
    const ended = this.#settings.eos.includes(token);
    if (!ended) tokens.push(token);
    const stop = ended ? undefined : this.#stopAt(tokens);
    const finish = ended ? 'eos' : stop !== undefined ? 'stop' : this.#limit(sequence);
    if (!finish) return false;
    const text = this.#model.decode(tokens).slice(0, stop);
    this.#onText(request, sample, { tokens, text, finish });
    return true;
  }

  #limit({ request: { prompt }, tokens }: Sequence<R>): 'length' | 'context' | undefined {
    if (tokens.length >= this.#settings.maxNewTokens) return 'length';
    return prompt.length + tokens.length >= this.#model.contextLength ? 'context' : undefined;
  }

  /** Where in the text the first stop string begins, once there is one. */
  #stopAt(tokens: number[]): number | undefined {
    const { stop } = this.#settings;
    if (stop.length === 0) return undefined;
    // A token adds a byte at least, or a part of one character that the next tokens complete.
    const recent = 4 * Math.max(...stop.map(({ length }) => length)) + 4;
    const end = this.#model.decode(tokens.slice(-recent));
    if (!stop.some((text) => end.includes(text))) return undefined;
    const whole = this.#model.decode(tokens);
    const found = stop.map((text) => whole.indexOf(text)).filter((at) => at >= 0);
    return found.length > 0 ? Math.min(...found) : undefined;
  }

  /** The last sequence takes the place of one that goes. */
  async #remove(place: number): Promise<void> {
    const last = this.#active.pop()!;
    if (place === this.#active.length) return;
    this.#active[place] = last;
    await this.#model.put(place, this.#active.length);
  }
}

function lengthOf({ request: { prompt }, tokens }: Sequence<GenerationRequest>): number {
  return prompt.length + tokens.length;
}
