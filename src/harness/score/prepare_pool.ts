import { availableParallelism } from 'node:os';
import type { Device } from '../../backend/backend.ts';
import type { TokenizerSource } from '../../checkpoint/tokenizer/settings.ts';
import type { Checkpoint } from '../../checkpoint/types.ts';
import { Thread } from '../../threads/thread.ts';
import type { AskedDocument } from './encode.ts';
import type { Prepared } from './prepare_batches.ts';
import type { PrepareOptions } from './prepared.ts';

export interface PrepareQuestion {
  documents: readonly AskedDocument[];
  options: PrepareOptions;
}

/**
 * Threads to prepare with: a CPU's cores are busy scoring, beside a GPU most are free.
 * @param models How many are scored at the same time.
 */
export function preparingThreads(kind: Device['kind'], models = 1): number {
  return kind === 'cpu' ? 1 : Math.max(1, Math.floor((availableParallelism() - 2) / models));
}

/** Threads that encode and pack documents with one checkpoint's tokenizer. */
export class PreparePool {
  readonly size: number;
  readonly #start: () => Thread<PrepareQuestion, Prepared>;
  #threads: Thread<PrepareQuestion, Prepared>[] = [];

  constructor(checkpoint: Checkpoint, size: number, signal?: AbortSignal) {
    const { config, tokenizerFile, tokenizerConfigFile, specialTokensMapFile } = checkpoint;
    const files: TokenizerSource = { config, tokenizerFile, tokenizerConfigFile, specialTokensMapFile };
    const script = new URL('./prepare_thread.ts', import.meta.url);
    this.size = size;
    this.#start = () => new Thread(script, signal, files);
  }

  /** Has the threads read the tokenizer; else they do with the first documents. */
  start(): void {
    if (this.#threads.length === 0) this.#threads = Array.from({ length: this.size }, this.#start);
  }

  /** `prepare` in the thread that has least to do. */
  prepare(documents: readonly AskedDocument[], options: PrepareOptions): Promise<Prepared> {
    this.start();
    const thread = this.#threads.reduce((a, b) => (b.load < a.load ? b : a));
    return thread.ask({ documents, options });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
