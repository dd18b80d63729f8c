/** Where choices are classes, the same for every question: lm-evaluation-harness's figures over all of them. */
import type { ScoredDocument } from '../harness/record/scored.ts';
import { argmax } from './accuracy.ts';
import { choiceKind, type Metric } from './metric.ts';
import { softmax } from './softmax.ts';
import { mean, sum } from './statistics.ts';

function chosen({ scores }: ScoredDocument): number {
  return argmax(scores.map(({ logLikelihood }) => logLikelihood));
}

function agrees(scored: ScoredDocument): number {
  return Number(chosen(scored) === scored.document.gold);
}

/** F1 of the class 1 against the class 0: scikit-learn's `f1_score`. */
export const f1Score: Metric = {
  ...choiceKind,
  name: 'f1',
  unit: null,
  aggregation: 'f1',
  description: 'F1 of the second class',
  score: agrees,
  estimate(documents) {
    const count = (gold: number, choice: number) =>
      documents.filter((scored) => scored.document.gold === gold && chosen(scored) === choice).length;
    const value = f1Of({ hits: count(1, 1), misses: count(1, 0), alarms: count(0, 1) });
    return { value, stderr: null, size: documents.length };
  },
};

/** F1 of every class against the others, weighted: scikit-learn's `f1_score` with an `average`. */
function averageF1(average: string, description: string, weigh: (counts: ClassCounts[]) => number): Metric {
  return {
    ...choiceKind,
    name: `f1_${average}`,
    unit: null,
    aggregation: `f1_${average}`,
    description,
    score: agrees,
    estimate(documents) {
      const pairs = documents.map((scored) => [scored.document.gold, chosen(scored)]);
      const counts = [...new Set(pairs.flat())].map((label): ClassCounts => {
        const count = (isGold: boolean, isChosen: boolean) =>
          pairs.filter(([gold, choice]) => (gold === label) === isGold && (choice === label) === isChosen).length;
        return { hits: count(true, true), misses: count(true, false), alarms: count(false, true) };
      });
      return { value: weigh(counts), stderr: null, size: documents.length };
    },
  };
}

interface ClassCounts {
  hits: number;
  misses: number;
  alarms: number;
}

const f1Of = ({ hits, misses, alarms }: ClassCounts) => (hits === 0 ? 0 : (2 * hits) / (2 * hits + misses + alarms));

export const weightedF1 = averageF1('weighted', 'F1 of each class, weighted by how often it is right', (counts) => {
  const sizes = counts.map(({ hits, misses }) => hits + misses);
  const total = sum(sizes);
  return sum(counts.map((count, i) => (sizes[i] / total) * f1Of(count)));
});

/** Where each document has one class, it is the accuracy. */
export const microF1 = averageF1('micro', 'F1 of all classes together', (counts) =>
  f1Of({
    hits: sum(counts.map(({ hits }) => hits)),
    misses: sum(counts.map(({ misses }) => misses)),
    alarms: sum(counts.map(({ alarms }) => alarms)),
  }),
);

/** Correlation of the chosen class with the right one (Gorodkin 2004): scikit-learn's `matthews_corrcoef`. */
export const matthewsCorrelation: Metric = {
  ...choiceKind,
  name: 'mcc',
  range: [-1, 1],
  unit: null,
  aggregation: 'matthews_corrcoef',
  description: "Matthews's correlation of the chosen class with the right one",
  score: agrees,
  estimate(documents) {
    const golds = documents.map(({ document }) => document.gold);
    const choices = documents.map(chosen);
    const classes = [...new Set([...golds, ...choices])];
    const share = (list: number[], label: number) => list.filter((each) => each === label).length / list.length;
    const hits = mean(documents.map(agrees));
    const covariance = hits - sum(classes.map((label) => share(golds, label) * share(choices, label)));
    const spread = (list: number[]) => 1 - sum(classes.map((label) => share(list, label) ** 2));
    const scale = Math.sqrt(spread(golds) * spread(choices));
    return { value: scale === 0 ? 0 : covariance / scale, stderr: null, size: documents.length };
  },
};

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
