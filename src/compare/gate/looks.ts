import { GroupSequentialTest } from '../../metrics/inference/group_sequential.ts';
import type { MarginTest } from '../../metrics/inference/non_inferiority.ts';
import { type GateCheck, type Verdict, worst } from './verdict.ts';

/** How tests are judged that are made while the documents come in. */
export interface Look {
  /** Share of all documents that are there. */
  share: number;
  /**
   * p-values that may be held against alpha at every look.
   * @param name whose test it is
   * @param identical whether the two models have had the same documents right
   */
  adjust(name: string, test: MarginTest, identical: boolean): MarginTest;
  /** One-sided level of the intervals that hold at all looks together with a confidence of 1 - alpha. */
  level(alpha: number): number;
}

/** Of all documents at once. */
export const onlyLook: Look = { share: 1, adjust: (_, test) => test, level: (alpha) => alpha };

/**
 * The looks at benchmarks of the given numbers of documents: at shares of them, each half as much again as the one before,
 * of which every benchmark has enough to be tested.
 */
export function planLooks(sizes: readonly number[], shape = usualShape): GroupSequentialTest {
  const shares = Array.from({ length: mostLooks }, (_, i) => 2 ** ((i + 1 - mostLooks) / 2));
  const enough = shares.filter((share) => share === 1 || share * Math.min(...sizes) >= fewestDocuments);
  return new GroupSequentialTest(enough, shape);
}

const mostLooks = 13;

/** For Student's t to keep its level, where scores are not right or wrong. */
const fewestDocuments = 40;

/**
 * Between O'Brien and Fleming's boundary, which costs the least power, and Pocock's, which stops the earliest: of those
 * that docs/gate.md compares, the one that takes the fewest documents where power may fall by four points.
 */
const usualShape = 0.25;

/** Below such a chance of a verdict, the rest of the documents is not worth its while. */
const smallestChance = 0.01;

/** The looks of a gate at documents that come in, at one share of them after another. */
export class Looks {
  readonly #test: GroupSequentialTest;
  readonly #shares: Iterator<number>;
  /** Of the latest look. */
  #share = 0;
  /** By check and side, the largest statistic so far. */
  readonly #largest = new Map<string, number>();
  /** By check, at the latest look. */
  readonly #latest = new Map<string, { test: MarginTest; identical: boolean }>();

  constructor(test: GroupSequentialTest) {
    this.#test = test;
    this.#shares = test.shares.values();
  }

  /** One more, of which the last is at all documents. */
  next(): Look {
    const share: number = this.#shares.next().value;
    this.#share = share;
    return {
      share,
      level: (alpha) => this.#test.levelAt(share, alpha),
      adjust: (name, test, identical) => {
        this.#latest.set(name, { test, identical });
        return {
          worse: this.#sequential(`${name} worse`, test.worse),
          notWorse: this.#sequential(`${name} notWorse`, test.notWorse),
        };
      },
    };
  }

  /**
   * The gate's verdict at the latest look, where none are to come or they cannot change it, or hardly: null where they may.
   * An early `undecided` is no error, as all documents would hardly pass or stop the candidate either.
   */
  settled(checks: readonly GateCheck[], alpha: number): Verdict | null {
    const verdict = worst(checks.map((check) => check.verdict));
    if (verdict !== 'undecided' || this.#share === 1) return verdict;
    const open = checks.filter((check) => check.verdict === 'undecided');
    const mayFail = open.some(({ kind, name }) => kind === 'floor' || !this.#isHopeless(name, 'worse', alpha));
    const mayPass = open.every(({ kind, name }) => kind === 'floor' || !this.#isHopeless(name, 'notWorse', alpha));
    return mayFail || mayPass ? null : 'undecided';
  }

  /** Whether all documents together would hardly say of a check that it is worse, or that it is not. */
  #isHopeless(name: string, side: keyof MarginTest, alpha: number): boolean {
    const latest = this.#latest.get(name);
    if (!latest || (side === 'notWorse' && latest.identical)) return false;
    return this.#test.chance(latest.test[side], this.#share, alpha) < smallestChance;
  }

  #sequential(key: string, pValue: number): number {
    const statistic = Math.max(this.#test.statistic(pValue, this.#share), this.#largest.get(key) ?? -Infinity);
    this.#largest.set(key, statistic);
    return this.#test.pValue(statistic);
  }
}
