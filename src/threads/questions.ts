import { errorOf, type Reply, ready } from './answer.ts';

interface Question<A> {
  resolve(answer: A): void;
  reject(error: unknown): void;
}

/** Questions that are asked of a thread, or of a process, which answers them in their order. */
export class Questions<A> {
  readonly #waiting: Question<A>[] = [];
  #failure?: { reason: unknown };

  /** Those that wait for an answer. */
  get length(): number {
    return this.#waiting.length;
  }

  /** @param send Sends the question. */
  ask(send: () => void): Promise<A> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure.reason);
      this.#waiting.push({ resolve, reject });
      send();
    });
  }

  /** Takes what came over the channel. */
  hear(message: typeof ready | Reply<A>): void {
    if (message === ready) return;
    const question = this.#waiting.shift();
    if ('answer' in message) question?.resolve(message.answer);
    else question?.reject(errorOf(message));
  }

  /** Those that wait fail, and all that are asked from here on. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    for (const question of this.#waiting.splice(0)) question.reject(reason);
  }
}
