import { extname } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { EncodeOptions } from './pipeline.ts';
import { type TokenizerDefinition, unusable } from './schema.ts';

/** What the thread is told at its start. */
export interface LimitedData {
  definition: TokenizerDefinition;
  file: string;
  port: MessagePort;
  /** The thread adds one for each answer. */
  answers: Int32Array;
  /** Index in `stageNames` of what the thread is at. */
  stage: Int32Array;
}

export interface LimitedQuestion {
  text: string;
  options?: EncodeOptions;
}

export type LimitedAnswer = { ids: number[] } | { problem: string };

/** Keys of tokenizer.json whose patterns may run away. */
export const stageNames = ['model', 'normalizer', 'pre_tokenizer'] as const;

/** Enough for any vocabulary, far too little for a pattern that has run away. */
const memoryLimits = { maxOldGenerationSizeMb: 768, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 };

/** Seconds that a text may take, a hundred times what the longest takes. */
const defaultTimeLimit = 10;

/**
 * A tokenizer with `RareStages`, which are programs that came with the model: it runs in a thread that is ended where it
 * takes too long, or too much memory. Whoever asks waits for the answer.
 */
export class LimitedEncoder {
  readonly #file: string;
  readonly #timeLimit: number;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #answers = new Int32Array(new SharedArrayBuffer(4));
  readonly #stage = new Int32Array(new SharedArrayBuffer(4));
  #ended?: Error;

  constructor(definition: TokenizerDefinition, file: string, timeLimit = defaultTimeLimit) {
    this.#file = file;
    this.#timeLimit = timeLimit;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const script = new URL(`./limited_thread${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(script, {
      workerData: { definition, file, port: port2, answers: this.#answers, stage: this.#stage } satisfies LimitedData,
      transferList: [port2],
      resourceLimits: memoryLimits,
    });
    this.#worker.on('error', () => {}).unref();
    port1.unref();
  }

  encode(text: string, options?: EncodeOptions): number[] {
    if (this.#ended) throw this.#ended;
    const before = Atomics.load(this.#answers, 0);
    this.#port.postMessage({ text, options } satisfies LimitedQuestion);
    if (Atomics.wait(this.#answers, 0, before, this.#timeLimit * 1000) === 'timed-out') this.#giveUp();
    const { message } = receiveMessageOnPort(this.#port) as { message: LimitedAnswer };
    if ('problem' in message) throw unusable(this.#file, this.#stageName, message.problem);
    return message.ids;
  }

  get #stageName(): string {
    return stageNames[Atomics.load(this.#stage, 0)];
  }

  #giveUp(): never {
    const problem = `it does not end within ${this.#timeLimit} s, or takes too much memory`;
    this.#ended = unusable(this.#file, this.#stageName, problem);
    void this.#worker.terminate();
    throw this.#ended;
  }
}
