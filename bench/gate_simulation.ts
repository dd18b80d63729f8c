/**
 * How often `hon-eval gate` stops, passes or cannot decide, by simulation: the tables of docs/gate.md.
 *
 *     node bench/gate_simulation.ts [COMPARISONS]
 */
import { judgePairs } from '../src/compare/gate/checks.ts';
import { type Verdict, worst } from '../src/compare/gate/verdict.ts';
import { type Simulation, simulate } from '../test/compare/simulated_pairs.ts';
import { comparisons, configOf, head, type Margins, noVerdicts, paper, percent, row } from './gate_tables.ts';

/** Shares of the verdicts of all comparisons. */
function verdicts(simulation: Simulation, margins: Margins): Record<Verdict, number> {
  const config = configOf(margins);
  const counts = noVerdicts();
  const source = simulate(simulation, JSON.stringify(simulation));
  for (let i = 0; i < comparisons; i++) {
    const checks = judgePairs(source.next().value!, config, { overall: true });
    counts[worst(checks.map(({ verdict }) => verdict))] += 1 / comparisons;
  }
  return counts;
}

console.log(`\nFalse alarms of ${comparisons} comparisons of models that are equally good, alpha .05\n`);
head(['documents', 'flips', 'margin 0', 'margins .02 and .01']);
for (const [name, sizes] of Object.entries({ "the paper's six": paper, '6 × 200': sixOf(200), '6 × 50': sixOf(50) })) {
  for (const flips of [0.05, 0.2]) {
    const rates = [
      { margin: 0, overall: 0 },
      { margin: 0.02, overall: 0.01 },
    ].map((margins) => percent(verdicts({ sizes, flips, drop: 0 }, margins).regression));
    row([name, percent(flips), ...rates]);
  }
}

console.log('\nThe same for models that are worse by exactly the margin, .02 on each of six benchmarks\n');
head(['documents', 'flips', 'stopped', 'passed']);
for (const size of [200, 1000]) {
  for (const flips of [0.1, 0.2]) {
    const { regression, pass } = verdicts({ sizes: sixOf(size), flips, drop: 0.02 }, { margin: 0.02, overall: 0.02 });
    row([`6 × ${size}`, percent(flips), percent(regression), percent(pass)]);
  }
}

console.log('\nOne benchmark of 1,000 documents: a model worse by two points, and one equally good\n');
head(['flips', 'margin', 'drop of .02: stopped', 'passed', 'no drop: stopped', 'passed']);
for (const flips of [0.03, 0.05, 0.1, 0.2]) {
  for (const margin of [0, 0.005, 0.01, 0.02]) {
    const shares = [0.02, 0].map((drop) => verdicts({ sizes: [1000], flips, drop }, { margin, overall: margin }));
    row([percent(flips), margin, ...shares.flatMap(({ regression, pass }) => [percent(regression), percent(pass)])]);
  }
}

console.log("\nThe paper's six benchmarks: a model worse by two points on each, and one equally good\n");
head(['flips', 'margins', 'drop of .02: stopped', 'no drop: stopped', 'passed', 'undecided']);
for (const flips of [0.02, 0.05, 0.1, 0.2]) {
  for (const margins of [
    { margin: 0.02, overall: 0.01 },
    { margin: 0.04, overall: 0.01 },
  ]) {
    const [worse, equal] = [0.02, 0].map((drop) => verdicts({ sizes: paper, flips, drop }, margins));
    const shares = [worse.regression, equal.regression, equal.pass, equal.undecided].map(percent);
    row([percent(flips), `${margins.margin} and ${margins.overall}`, ...shares]);
  }
}

function sixOf(size: number): number[] {
  return new Array(6).fill(size);
}
