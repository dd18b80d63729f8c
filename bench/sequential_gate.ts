/**
 * A gate that looks as it goes beside one of all documents, by simulation: the tables of docs/gate.md.
 *
 *     node bench/sequential_gate.ts [COMPARISONS]
 */
import { judgePairs } from '../src/compare/gate/checks.ts';
import { planLooks } from '../src/compare/gate/looks.ts';
import { type Verdict, worst } from '../src/compare/gate/verdict.ts';
import { lookAt } from '../test/compare/simulated_looks.ts';
import { type Simulation, simulate } from '../test/compare/simulated_pairs.ts';
import { comparisons, configOf, head, type Margins, noVerdicts, paper, percent, row } from './gate_tables.ts';

interface Outcome {
  /** Shares of the comparisons. */
  verdicts: Record<Verdict, number>;
  /** Mean share of the documents that were looked at. */
  documents: number;
}

/** The same comparisons by the gate of all documents, and by the one that looks as it goes. */
function judgeAll(simulation: Simulation, margins: Margins, shape?: number): [Outcome, Outcome] {
  const config = configOf(margins);
  const plan = planLooks(simulation.sizes, shape);
  const source = simulate(simulation, JSON.stringify(simulation));
  const [fixed, looking] = [emptyOutcome(), emptyOutcome()];
  for (let i = 0; i < comparisons; i++) {
    const pairs = source.next().value!;
    const checks = judgePairs(pairs, config, { overall: true });
    add(fixed, { verdict: worst(checks.map(({ verdict }) => verdict)), share: 1 });
    add(looking, lookAt(pairs, config, plan));
  }
  return [fixed, looking];
}

function emptyOutcome(): Outcome {
  return { verdicts: noVerdicts(), documents: 0 };
}

function add(outcome: Outcome, { verdict, share }: { verdict: Verdict; share: number }): void {
  outcome.verdicts[verdict] += 1 / comparisons;
  outcome.documents += share / comparisons;
}

const noMargin = { margin: 0, overall: 0 };
const usual = { margin: 0.02, overall: 0.01 };

console.log(`\nFalse alarms of ${comparisons} comparisons of models that are equally good, alpha .05, margin 0\n`);
head(['documents', 'flips', 'all documents', 'looking', 'share of documents']);
for (const [name, sizes] of Object.entries({
  '1,000': [1000],
  '2,500': [2500],
  '10,042': [10042],
  "the paper's six": paper,
}))
  for (const flips of [0.03, 0.05, 0.1, 0.2]) {
    const [fixed, looking] = judgeAll({ sizes, flips, drop: 0 }, noMargin);
    row([
      name,
      percent(flips),
      percent(fixed.verdicts.regression),
      percent(looking.verdicts.regression),
      percent(looking.documents),
    ]);
  }

console.log('\nA drop, margin 0: stopped\n');
head(['documents', 'flips', 'drop', 'all documents', 'looking', 'share of documents']);
for (const size of [1000, 2500, 10042])
  for (const [flips, drop] of [
    [0.03, 0.02],
    [0.05, 0.02],
    [0.1, 0.02],
    [0.2, 0.02],
    [0.05, 0.03],
    [0.1, 0.03],
    [0.1, 0.05],
    [0.2, 0.05],
    [0.2, 0.1],
  ]) {
    const [fixed, looking] = judgeAll({ sizes: [size], flips, drop }, noMargin);
    row([
      size,
      percent(flips),
      drop,
      percent(fixed.verdicts.regression),
      percent(looking.verdicts.regression),
      percent(looking.documents),
    ]);
  }

console.log('\nA drop, and none, under the default margin of .02\n');
head([
  'documents',
  'flips',
  'drop',
  'all documents: stopped',
  'passed',
  'looking: stopped',
  'passed',
  'share of documents',
]);
for (const size of [1000, 2500, 10042])
  for (const [flips, drop] of [
    [0.03, 0],
    [0.05, 0],
    [0.1, 0],
    [0.2, 0],
    [0.1, 0.02],
    [0.1, 0.05],
    [0.2, 0.05],
    [0.2, 0.1],
  ]) {
    const outcomes = judgeAll({ sizes: [size], flips, drop }, usual);
    const shares = outcomes.flatMap(({ verdicts }) => [verdicts.regression, verdicts.pass].map(percent));
    row([size, percent(flips), drop, ...shares, percent(outcomes[1].documents)]);
  }

console.log(
  "\nThe paper's six benchmarks under the default margins: a model worse by two points on each, and one equally good\n",
);
head(['flips', 'drop', 'all documents: stopped', 'passed', 'looking: stopped', 'passed', 'share of documents']);
for (const flips of [0.02, 0.05, 0.1, 0.2])
  for (const drop of [0.02, 0]) {
    const outcomes = judgeAll({ sizes: paper, flips, drop }, usual);
    const shares = outcomes.flatMap(({ verdicts }) => [verdicts.regression, verdicts.pass].map(percent));
    row([percent(flips), drop, ...shares, percent(outcomes[1].documents)]);
  }

console.log('\nOther shapes of the boundary: 2,500 documents, 10% flips, margin 0\n');
head(['shape', 'stopped at a drop of .01', '.015', '.02', '.05', 'share of documents at .02', 'at .05']);
for (const shape of [0, 0.1, 0.25, 0.4, 0.5]) {
  const outcomes = [0.01, 0.015, 0.02, 0.05].map(
    (drop) => judgeAll({ sizes: [2500], flips: 0.1, drop }, noMargin, shape)[1],
  );
  row([
    shape,
    ...outcomes.map(({ verdicts }) => percent(verdicts.regression)),
    ...outcomes.slice(2).map(({ documents }) => percent(documents)),
  ]);
}
