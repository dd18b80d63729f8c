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
