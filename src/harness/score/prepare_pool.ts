import { availableParallelism } from 'node:os';
import type { Device } from '../../backend/backend.ts';
import type { TokenizerSource } from '../../checkpoint/tokenizer/settings.ts';
import type { Checkpoint } from '../../checkpoint/types.ts';
import { Thread } from '../../threads/thread.ts';
import type { AskedDocument } from './encode.ts';
import type { Prepared } from './prepare_batches.ts';
import type { PrepareOptions } from './prepared.ts';

export interface PrepareQuestion {
  tokenizerFiles: TokenizerSource;
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
  readonly #threads: Thread<PrepareQuestion, Prepared>[];
  readonly #tokenizerFiles: TokenizerSource;

  constructor(checkpoint: Checkpoint, size: number, signal?: AbortSignal) {
    const { config, tokenizerFile, tokenizerConfigFile, specialTokensMapFile } = checkpoint;
    this.#tokenizerFiles = { config, tokenizerFile, tokenizerConfigFile, specialTokensMapFile };
    const script = new URL('./prepare_thread.ts', import.meta.url);
    this.#threads = Array.from({ length: size }, () => new Thread(script, signal));
  }

  get size(): number {
    return this.#threads.length;
  }

  /** `prepare` in the thread that has least to do. */
  prepare(documents: readonly AskedDocument[], options: PrepareOptions): Promise<Prepared> {
    const thread = this.#threads.reduce((a, b) => (b.load < a.load ? b : a));
    return thread.ask({ tokenizerFiles: this.#tokenizerFiles, documents, options });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
