import { findPartings, type Partings, partingTest } from '../../compare/parting.ts';
import { HonEvalError } from '../../errors.ts';
import { readableCount } from '../../output/units.ts';
import type { Benchmark } from '../../results/benchmarks.ts';
import type { ModelResults } from '../../results/model_results.ts';
import { modelLabels } from '../../results/names.ts';
import { trainingRuns } from '../../results/steps.ts';
import { rowOf } from './results_table.ts';
import { averageNotes, describeMetrics, partNotes, type TableModel } from './table_model.ts';

export interface StepsTableOptions {
  /** Of all looks of a test against the baseline; null for no test. */
  alpha: number | null;
  /** The training run that the others are tested against. */
  baseline?: string;
  tokensPerStep?: number;
}

/** One row a checkpoint of a training run, by run and in the order of steps. Throws a `results` error where there is none. */
export async function tableOfSteps(
  models: readonly ModelResults[],
  benchmarks: readonly Benchmark[],
  { alpha, baseline, tokensPerStep }: StepsTableOptions,
): Promise<{ table: TableModel; notices: string[] }> {
  const runs = trainingRuns(models, tokensPerStep);
  if (runs.length === 0)
    throw new HonEvalError(
      'results',
      'Expected checkpoints of a training run, told by their names (owner/name@step1000, runs/exp1/step_1000); got none.',
    );
  const labels = modelLabels(runs);
  const tellsTokens = runs.some(({ checkpoints }) => checkpoints.some(({ tokens }) => tokens));
  const rows = runs.flatMap(({ checkpoints }, i) =>
    checkpoints.map(({ step, tokens, model }) => {
      const counted = tokens === null ? '' : readableCount(tokens);
      const attributes = [String(step), ...(tellsTokens ? [counted] : [])];
      return { ...rowOf(model, benchmarks, labels[i], labels[i]), attributes };
    }),
  );
  const columns = benchmarks.map(({ title, metric, higherIsBetter, unit }) => ({
    title,
    metric,
    higherIsBetter,
    unit,
  }));
  const table: TableModel = {
    columns,
    rows,
    attributeTitles: ['Step', ...(tellsTokens ? ['Tokens'] : [])],
  };
  const partings =
    baseline === undefined || alpha === null ? null : await findPartings(runs, baseline, benchmarks, alpha);
  const label = (name: string) => labels[runs.findIndex((run) => run.name === name)];
  table.notes = [
    `Metric: ${describeMetrics(table)}`,
    ...averageNotes(table),
    ...partNotes(table),
    ...(partings ? partingNotes(partings, label) : []),
  ];
  return { table, notices: partings?.notices ?? [] };
}

/** One sentence a run, and how it was tested. */
function partingNotes(partings: Partings, label: (run: string) => string): string[] {
  const baseline = label(partings.baseline);
  const sentences = [...Map.groupBy(partings.partings, ({ run }) => run)].map(([run, all]) => {
    const tested = all.filter(({ looks }) => looks > 0);
    const parts = tested.flatMap(({ benchmark, step }) =>
      step === null ? [] : [`${benchmark?.title ?? 'the average'} from step ${step}`],
    );
    const others = tested.filter(({ step }) => step === null).map(({ benchmark }) => benchmark?.title ?? 'the average');
    const apart = parts.length > 0 ? `stays apart on ${parts.join(', ')}` : 'stays apart nowhere';
    const together = parts.length > 0 && others.length > 0 ? `; not on ${others.join(', ')}` : '';
    return `${label(run)} against ${baseline}: ${apart}${together}`;
  });
  return sentences.length > 0
    ? [...sentences, `Apart: differs at every step to the last, ${partingTest(partings)}`]
    : [];
}
