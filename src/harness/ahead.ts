/**
 * What `work` makes of each item, in order; the next item is begun while the present one is being used.
 * @param pass Called with the failure of an item that is passed over; what it throws ends all.
 * @param drop Called with what was made ahead and is not asked for, as the asking has ended.
 */
export async function* ahead<I, O>(
  items: readonly I[],
  work: (item: I) => Promise<O>,
  pass: (item: I, error: unknown) => void,
  drop: (made: O) => Promise<void>,
): AsyncGenerator<O> {
  const begin = (i: number) => {
    const begun = i < items.length ? work(items[i]) : undefined;
    // Whoever awaits it hears of a failure; until then it is not an unhandled one.
    begun?.catch(() => {});
    return begun;
  };
  let next = begin(0);
  try {
    for (const [i, item] of items.entries()) {
      const made = await next!.then(
        (value) => ({ value }),
        (error) => ({ error }),
      );
      next = begin(i + 1);
      if ('value' in made) yield made.value;
      else pass(item, made.error);
    }
  } finally {
    await next?.then(drop, () => {});
  }
}

/**
 * What a source gives, each while the next is being made.
 * @param stop Called where nobody asks for the rest, so that making the next may end sooner.
 */
export async function* eagerly<T>(source: AsyncGenerator<T>, stop: (reason: unknown) => void): AsyncGenerator<T> {
  let isTaken = true;
  try {
    for (let next = source.next(); ; ) {
      const { value, done } = await next;
      if (done) return;
      next = source.next();
      // Whoever awaits it hears of a failure; until then it is not an unhandled one.
      next.catch(() => {});
      isTaken = false;
      yield value;
      isTaken = true;
    }
  } finally {
    if (!isTaken) stop(new Error('nobody asks for the rest'));
    await source.return(undefined);
  }
}
