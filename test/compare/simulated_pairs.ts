import type { BenchmarkPair } from '../../src/compare/pairing.ts';
import { uniformStream } from '../../src/random.ts';
import { parseSource } from '../../src/results/read/source.ts';

/** Two models that differ in chance alone, but for a drop. */
export interface Simulation {
  /** Documents of each benchmark. */
  sizes: readonly number[];
  /** Share of the documents that one of the models has right and the other wrong. */
  flips: number;
  /** How much worse the second model truly is. */
  drop: number;
}

/** Endlessly many independent comparisons; the same ones for the same seed. */
export function* simulate({ sizes, flips, drop }: Simulation, seed: string): Generator<BenchmarkPair[]> {
  const random = uniformStream(seed);
  const lost = (flips + drop) / 2;
  while (true) yield sizes.map((size, i) => simulatePair(size, `b${i}`, lost, flips, random));
}

function simulatePair(size: number, name: string, lost: number, flips: number, random: () => number): BenchmarkPair {
  const first = new Array<number>(size);
  const second = new Array<number>(size);
  for (let i = 0; i < size; i++) {
    const chance = random();
    // Of the documents that do not flip, half are right.
    first[i] = chance < lost || chance > (1 + flips) / 2 ? 1 : 0;
    second[i] = chance >= lost && (chance < flips || chance > (1 + flips) / 2) ? 1 : 0;
  }
  const figure = (scores: readonly number[]) => {
    const value = scores.reduce((total, score) => total + score, 0) / size;
    const source = parseSource(name, { sample_len: size }, { file: 'a', root: {}, findSamples: () => null });
    const stderr = Math.sqrt((value * (1 - value)) / (size - 1));
    return {
      value,
      stderr,
      higherIsBetter: true,
      unit: 'accuracy' as const,
      range: [0, 1] as const,
      isMean: true,
      source,
    };
  };
  const benchmark = {
    name,
    shots: 0,
    title: name,
    metric: 'acc',
    higherIsBetter: true,
    unit: 'accuracy' as const,
    confidential: false,
  };
  return {
    benchmark,
    first: figure(first),
    second: figure(second),
    size,
    scores: { first, second },
    unpaired: null,
  };
}
