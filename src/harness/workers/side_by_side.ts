type Step<O> = { result: IteratorResult<O> } | { error: unknown };

/**
 * What `work` gives of the items, as it comes: `width` of them are under way at a time, begun in their order. After a
 * failure none is begun any more, `stop` is told, and the failure is thrown once those under way have come to their end.
 */
export async function* sideBySide<I, O>(
  items: readonly I[],
  width: number,
  work: (item: I) => AsyncGenerator<O>,
  stop: (error: unknown) => void,
): AsyncGenerator<O> {
  const waiting = [...items];
  const underWay = new Map<AsyncGenerator<O>, Promise<{ from: AsyncGenerator<O> } & Step<O>>>();
  const pull = (from: AsyncGenerator<O>) => {
    const step = from.next().then(
      (result) => ({ from, result }),
      (error) => ({ from, error }),
    );
    underWay.set(from, step);
  };
  let failure: { error: unknown } | undefined;
  try {
    for (;;) {
      while (!failure && underWay.size < width && waiting.length > 0) pull(work(waiting.shift()!));
      if (underWay.size === 0) break;
      const step = await Promise.race(underWay.values());
      if ('result' in step && !step.result.done) {
        yield step.result.value;
        pull(step.from);
        continue;
      }
      underWay.delete(step.from);
      if (!('error' in step)) continue;
      if (!failure) stop(step.error);
      failure ??= step;
    }
  } finally {
    // Whoever takes what is given has gone away.
    if (underWay.size > 0) stop(new Error('nobody waits for the rest'));
    await Promise.all([...underWay].map(([from, step]) => step.then(() => from.return(undefined))));
  }
  if (failure) throw failure.error;
}
