import type { Benchmark } from './benchmarks.ts';

/**
 * Those that an average is over: accuracies, or else all of them where they are of one unit and direction; none where
 * there are less than two.
 */
export function averaged<B extends Pick<Benchmark, 'unit' | 'higherIsBetter'>>(benchmarks: readonly B[]): B[] {
  const accuracies = benchmarks.filter(({ unit }) => unit === 'accuracy');
  if (accuracies.length > 1) return accuracies;
  const [first] = benchmarks;
  const isOneKind = benchmarks.every(
    (each) => each.unit === first.unit && each.higherIsBetter === first.higherIsBetter,
  );
  return isOneKind && benchmarks.length > 1 && first.unit !== null ? [...benchmarks] : [];
}
