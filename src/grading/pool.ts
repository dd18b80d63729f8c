import pLimit, { type LimitFunction } from 'p-limit';
import { BoundedThread, LimitError, ThreadError } from '../threads/bounded_thread.ts';
import { extractAnswer } from './extract.ts';
import { extractLetter } from './letter.ts';
import type { GraderName, Verdict } from './verdict.ts';

export interface GradingQuestion {
  grader: GraderName;
  /** LaTeX, a solution that ends in it, or a letter. */
  gold: string;
  /** Everything that the model wrote. */
  text: string;
}

export interface GradingOptions {
  /** Comparisons at the same time. Default: 1, which grades thousands a second. */
  threads?: number;
  /** Seconds that a comparison may take. Default: 5. */
  timeLimit?: number;
  /** Megabytes of objects that a thread may hold, of which the engine takes some 30. Default: 512. */
  memoryLimit?: number;
  /** Once it is aborted, every question fails with its reason. */
  signal?: AbortSignal;
}

/**
 * Grades answers in threads of its own. A comparison that takes too long, or too much memory, ends with its thread;
 * another one takes the thread's place, and the comparison counts as wrong.
 */
export class GradingPool {
  readonly #threads: readonly BoundedThread<GradingQuestion, Verdict>[];
  readonly #free: BoundedThread<GradingQuestion, Verdict>[];
  readonly #limit: LimitFunction;
  readonly #signal?: AbortSignal;

  constructor(options: GradingOptions = {}) {
    const { threads = 1, timeLimit: seconds = 5, memoryLimit: megabytes = 512, signal } = options;
    const script = new URL('./grading_thread.ts', import.meta.url);
    const make = () => new BoundedThread<GradingQuestion, Verdict>(script, { seconds, megabytes, signal });
    this.#threads = Array.from({ length: threads }, make);
    this.#free = [...this.#threads];
    this.#limit = pLimit(threads);
    this.#signal = signal;
  }

  grade(grader: GraderName, gold: string, text: string): Promise<Verdict> {
    return this.#limit(async () => {
      const thread = this.#free.pop()!;
      try {
        return await thread.ask({ grader, gold, text });
      } catch (error) {
        this.#signal?.throwIfAborted();
        if (error instanceof ThreadError) throw error;
        const answer = grader === 'letter' ? extractLetter(text) : extractAnswer(text);
        const outcome = error instanceof LimitError && error.limit === 'time' ? 'timeout' : 'crash';
        return { correct: false, answer, outcome };
      } finally {
        this.#free.push(thread);
      }
    });
  }

  /** Ends the threads. What still waits for a verdict fails. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
