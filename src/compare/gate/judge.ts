import { HonEvalError } from '../../errors.ts';
import { type Benchmark, benchmarkOf, selectBenchmarks } from '../../results/benchmarks.ts';
import type { ModelResults } from '../../results/model_results.ts';
import { readModel } from '../../results/read/read.ts';
import { tellApart } from '../compare_results.ts';
import { unpairedCaveats } from '../comparison.ts';
import { type BenchmarkPair, pairBenchmark } from '../pairing.ts';
import { judgePairs } from './checks.ts';
import type { GateConfig } from './config.ts';
import { type GateCheck, type Verdict, worst } from './verdict.ts';

/** Exit codes of `hon-eval gate`, which differ from those of other commands. */
export const gateExitCodes: Readonly<Record<Verdict, number>> = { pass: 0, regression: 1, undecided: 2, error: 3 };

export interface GateResult {
  verdict: Verdict;
  baseline: string;
  candidate: string;
  alpha: number;
  checks: GateCheck[];
  /** How far the candidate was scored; null where its results were there. */
  scored: { documents: number; available: number } | null;
  /** Sentences on what was passed over, or could not be tested as it should be. */
  notices: string[];
}

/** Judges the results of one model at each of two places. What cannot be read is a verdict too: `error`. */
export async function judge(baseline: string, candidate: string, config: GateConfig): Promise<GateResult> {
  return orError(baseline, candidate, config, async () => {
    const [first, second] = [await readModel(baseline), await readModel(candidate)];
    const models = tellApart(first.model, second.model);
    const result = await judgeModels(models[0], models[1], config);
    return { ...result, notices: [...first.notices, ...second.notices, ...result.notices] };
  });
}

/**
 * The verdict `error` where there is nothing to judge by. Throws where it was stopped, which says nothing of the candidate,
 * and neither do flags and settings that are wrong.
 */
export async function orError(
  baseline: string,
  candidate: string,
  { alpha }: GateConfig,
  work: () => Promise<GateResult>,
): Promise<GateResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HonEvalError && ['interrupted', 'usage'].includes(error.kind)) throw error;
    const check = { ...inputError(error), name: 'input', title: 'Input' };
    return { verdict: 'error', baseline, candidate, alpha, checks: [check], scored: null, notices: [] };
  }
}

async function judgeModels(baseline: ModelResults, candidate: ModelResults, config: GateConfig): Promise<GateResult> {
  const benchmarks = await gatedBenchmarks(baseline, config);
  const pairs: BenchmarkPair[] = [];
  const errors: GateCheck[] = [];
  for (const benchmark of benchmarks) {
    try {
      pairs.push(await pairBenchmark(baseline, candidate, benchmark));
    } catch (error) {
      errors.push({ ...inputError(error), name: benchmark.name, title: benchmark.title, metric: benchmark.metric });
    }
  }
  const checks = [...errors, ...judgePairs(pairs, config, { overall: errors.length === 0 })];
  requireChecks(checks);
  const verdict = worst(checks.map((check) => check.verdict));
  const names = { baseline: baseline.name, candidate: candidate.name };
  return {
    verdict,
    ...names,
    alpha: config.alpha,
    checks,
    scored: null,
    notices: [...unpairedCaveats(pairs), ...extraNotices(baseline, candidate, config)],
  };
}

/** Throws a `usage` error where there is nothing to judge. */
export function requireChecks(checks: readonly GateCheck[]): void {
  if (checks.length === 0)
    throw new HonEvalError('usage', 'The gate has neither a margin nor a floor to hold the candidate against.');
}

/** The baseline decides what there is to lose. Throws a `usage` error for a benchmark of the settings that it lacks. */
export async function gatedBenchmarks(baseline: ModelResults, config: GateConfig): Promise<Benchmark[]> {
  const missing = Object.keys(config.benchmarks).find((name) => !benchmarkOf(baseline, { name, shots: null }));
  if (missing !== undefined) {
    throw new HonEvalError('usage', `The gate's settings name ${missing}, of which ${baseline.file} has no results.`);
  }
  const usual = await selectBenchmarks([baseline], config.metric, config.tasks);
  return Promise.all(
    usual.map(async (benchmark) => {
      const { metric } = config.benchmarks[benchmark.name] ?? {};
      return metric === undefined ? benchmark : (await selectBenchmarks([baseline], metric, [benchmark.name]))[0];
    }),
  );
}

/** What the candidate has more than its baseline. */
function extraNotices(baseline: ModelResults, candidate: ModelResults, { tasks }: GateConfig): string[] {
  const extra = candidate.benchmarks.filter((each) => !benchmarkOf(baseline, each));
  if (tasks || extra.length === 0) return [];
  return [`The baseline has no results of ${extra.map(({ name }) => name).join(', ')}: not judged.`];
}

function inputError(error: unknown): Omit<GateCheck, 'name' | 'title'> {
  if (!(error instanceof HonEvalError)) throw error;
  const figures = { baseline: null, candidate: null, limit: null, size: null, interval: null, pValue: null };
  return { kind: 'input', metric: null, higherIsBetter: true, verdict: 'error', ...figures, message: error.message };
}
