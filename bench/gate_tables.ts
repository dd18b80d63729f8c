/** What the simulations of docs/gate.md have in common. */
import { type GateConfig, parseGateConfig } from '../src/compare/gate/config.ts';
import type { Verdict } from '../src/compare/gate/verdict.ts';

export const comparisons = Number(process.argv[2] ?? 2000);

/** Documents of ARC-C, ARC-E, HellaSwag, LogiQA, PIQA and SciQ. */
export const paper = [1172, 2376, 10042, 651, 1838, 1000];

export type Margins = { margin: number; overall: number };

export function configOf({ margin, overall }: Margins): GateConfig {
  return parseGateConfig({ margin, overall: { margin: overall } }, 'simulation');
}

export function noVerdicts(): Record<Verdict, number> {
  return { pass: 0, undecided: 0, regression: 0, error: 0 };
}

export const percent = (share: number) => `${(share * 100).toFixed(1)}%`;
export const row = (cells: readonly (string | number)[]) => console.log(`| ${cells.join(' | ')} |`);
export const head = (titles: readonly string[]) => {
  row(titles);
  row(titles.map(() => '---:'));
};
