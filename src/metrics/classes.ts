/** Where choices are classes, the same for every question: lm-evaluation-harness's figures over all of them. */
import type { ScoredDocument } from '../harness/record/scored.ts';
import type { List } from '../long_list.ts';
import { argmax } from './accuracy.ts';
import { bootstrapError } from './bootstrap_error.ts';
import { choiceKind, type Metric } from './metric.ts';
import { softmax } from './softmax.ts';
import { mean, sum } from './statistics.ts';

function chosen({ scores }: ScoredDocument): number {
  return argmax(scores.map(({ logLikelihood }) => logLikelihood));
}

function agrees(scored: ScoredDocument): number {
  return Number(chosen(scored) === scored.document.gold);
}

/** How often each class is right where each is chosen. */
class Confusion {
  /** The classes that are right or chosen somewhere, by the right choice's index. */
  readonly labels: readonly number[];
  readonly #cells: Int32Array;

  constructor(documents: List<ScoredDocument>) {
    const pairs = Array.from(documents, (scored) => [scored.document.gold, chosen(scored)]);
    this.labels = [...new Set(pairs.flat())];
    const place = new Map(this.labels.map((label, i) => [label, i]));
    this.#cells = Int32Array.from(
      pairs,
      ([gold, choice]) => place.get(gold)! * this.labels.length + place.get(choice)!,
    );
  }

  /** Of the documents with these indices, or of all. */
  counts(drawn?: Int32Array): ClassCounts[] {
    const size = this.labels.length;
    const table = new Float64Array(size * size);
    if (drawn) for (let i = 0; i < drawn.length; i++) table[this.#cells[drawn[i]]]++;
    else for (const cell of this.#cells) table[cell]++;
    return this.labels.map((_, label) => {
      const counts = { hits: table[label * size + label], right: 0, chosen: 0 };
      for (let other = 0; other < size; other++) {
        counts.right += table[label * size + other];
        counts.chosen += table[other * size + label];
      }
      return counts;
    });
  }
}

/** In how many documents a class is right and chosen, right, and chosen. */
interface ClassCounts {
  hits: number;
  right: number;
  chosen: number;
}

interface ClassMetric extends Pick<Metric, 'name' | 'aggregation' | 'description'>, Partial<Pick<Metric, 'range'>> {
  /** Whether lm-evaluation-harness draws documents anew for the standard error; it gives none otherwise. */
  isBootstrapped: boolean;
  figure(counts: readonly ClassCounts[], labels: readonly number[]): number;
}

function classMetric({ isBootstrapped, figure, ...facts }: ClassMetric): Metric {
  return {
    ...choiceKind,
    unit: null,
    ...facts,
    score: agrees,
    estimate(documents) {
      const confusion = new Confusion(documents);
      const of = (drawn?: Int32Array) => figure(confusion.counts(drawn), confusion.labels);
      const stderr = isBootstrapped ? bootstrapError(documents.length, of) : null;
      return { value: of(), stderr, size: documents.length };
    },
  };
}

function f1Of({ hits, right, chosen }: ClassCounts): number {
  return hits === 0 ? 0 : (2 * hits) / (right + chosen);
}

/** F1 of the class 1 against the class 0: scikit-learn's `f1_score`. */
export const f1Score = classMetric({
  name: 'f1',
  aggregation: 'f1',
  description: 'F1 of the second class',
  isBootstrapped: true,
  figure(counts, labels) {
    const second = labels.indexOf(1);
    return second < 0 ? 0 : f1Of(counts[second]);
  },
});

/** F1 of every class against the others, weighted by how often it is right: `f1_score` with `average='weighted'`. */
export const weightedF1 = classMetric({
  name: 'f1_weighted',
  aggregation: 'f1_weighted',
  description: 'F1 of each class, weighted by how often it is right',
  isBootstrapped: false,
  figure(counts) {
    const total = sum(counts.map(({ right }) => right));
    return sum(counts.map((count) => (count.right / total) * f1Of(count)));
  },
});

/** F1 over the sums of all classes: `f1_score` with `average='micro'`. Where each document has one class, the accuracy. */
export const microF1 = classMetric({
  name: 'f1_micro',
  aggregation: 'f1_micro',
  description: 'F1 of all classes together',
  isBootstrapped: false,
  figure: (counts) =>
    f1Of({
      hits: sum(counts.map(({ hits }) => hits)),
      right: sum(counts.map(({ right }) => right)),
      chosen: sum(counts.map(({ chosen }) => chosen)),
    }),
});

/** Correlation of the chosen class with the right one (Gorodkin 2004): scikit-learn's `matthews_corrcoef`. */
export const matthewsCorrelation = classMetric({
  name: 'mcc',
  range: [-1, 1],
  aggregation: 'matthews_corrcoef',
  description: "Matthews's correlation of the chosen class with the right one",
  isBootstrapped: true,
  figure(counts) {
    const total = sum(counts.map(({ right }) => right));
    const hits = sum(counts.map(({ hits }) => hits));
    const spread = (size: (count: ClassCounts) => number) => total ** 2 - sum(counts.map((count) => size(count) ** 2));
    const scale = spread(({ right }) => right) * spread(({ chosen }) => chosen);
    const covariance = hits * total - sum(counts.map(({ right, chosen }) => right * chosen));
    return scale === 0 ? 0 : covariance / Math.sqrt(scale);
  },
});

/** Squared distance of the choices' probabilities from the right ones (Brier 1950), over all choices. */
export const brierScore: Metric = {
  ...choiceKind,
  name: 'brier_score',
  higherIsBetter: false,
  range: [0, 2],
  unit: null,
  aggregation: 'brier_score',
  description: "Brier's score of the probabilities of the choices",
  score({ document, scores }) {
    const probabilities = softmax(scores.map(({ logLikelihood }) => logLikelihood));
    return probabilities.reduce((sum, p, i) => sum + (p - Number(i === document.gold)) ** 2, 0);
  },
  estimate: (documents) => ({
    value: mean(documents.map((scored) => brierScore.score(scored))),
    stderr: null,
    size: documents.length,
  }),
};

export const goldLikelihood: Metric = {
  ...choiceKind,
  name: 'likelihood',
  range: [-Infinity, 0],
  unit: 'nats',
  description: 'log-likelihood of the right choice',
  score: ({ document, scores }) => scores[document.gold].logLikelihood,
};
