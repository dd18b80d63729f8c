/** A candidate that is scored as far as the gate has to see it, against results that are there. */
import { HonEvalError } from '../../errors.ts';
import { type LoadedTask, loadTask } from '../../harness/load_task.ts';
import { chooseOptions, type RunListener } from '../../harness/open_run.ts';
import type { TaskRecord } from '../../harness/record/run_record.ts';
import type { RunOptions } from '../../harness/score/model_scoring.ts';
import { scoreByLooks, shuffled } from '../../harness/score/score_by_looks.ts';
import { makeDocuments } from '../../harness/task/make_documents.ts';
import { selectTasks } from '../../harness/task/registry.ts';
import { sum } from '../../metrics/statistics.ts';
import type { Benchmark } from '../../results/benchmarks.ts';
import type { MetricResult, ModelResults } from '../../results/model_results.ts';
import { type Outcomes, readOutcomes } from '../../results/read/outcomes.ts';
import { readModel } from '../../results/read/read.ts';
import { scoredOutcomes } from '../../results/read/scored_outcomes.ts';
import { type BenchmarkPair, checkSameDocuments, requiredFigure } from '../pairing.ts';
import { judgePairs } from './checks.ts';
import type { GateConfig } from './config.ts';
import { type GateResult, gatedBenchmarks, orError, requireChecks } from './judge.ts';
import { Looks, planLooks } from './looks.ts';
import { pairSoFar } from './pair_so_far.ts';

export interface ScoredGateOptions extends Omit<RunOptions, 'models' | 'tasks' | 'limit' | 'shots' | 'checkTask'> {
  /** As `openCheckpoint` takes it. */
  candidate: string;
  /** Of the order in which documents are scored, from 0 to 2^32 - 1. */
  seed: number;
}

/**
 * Scores the candidate on the baseline's documents, in a random order, until the verdict is settled (`Looks`). What cannot
 * be judged is the verdict `error`. Throws as `orError`.
 */
export async function judgeScored(
  baseline: string,
  options: ScoredGateOptions,
  config: GateConfig,
  listener: RunListener,
): Promise<GateResult> {
  const { candidate } = options;
  return orError(baseline, candidate, config, async () => {
    const chosen = await chooseOptions({ ...options, models: [candidate], tasks: [] }, listener);
    const { model, notices } = await readModel(baseline);
    const gated = await Promise.all(
      (await gatedBenchmarks(model, config)).map((benchmark) => loadGated(model, benchmark, options, listener)),
    );
    const plan = planLooks(gated.map(({ loaded }) => loaded.documents.length));
    const looks = new Looks(plan);
    const tasks = gated.map(({ loaded }) => loaded);
    const scoring = scoreByLooks(tasks, plan.shares, chosen, listener);
    for await (const records of scoring) {
      const look = looks.next();
      for (const [i, record] of records.entries()) addScored(gated[i], record);
      const checks = judgePairs(gated.map(pairOf), config, { overall: true, look });
      requireChecks(checks);
      const verdict = looks.settled(checks, config.alpha);
      if (!verdict) continue;
      const count = (lists: readonly { length: number }[]) => sum(lists.map(({ length }) => length));
      const scored = {
        documents: count(gated.map((each) => each.candidate)),
        available: count(tasks.map(({ documents }) => documents)),
      };
      const told = [...notices, describeScored(scored)];
      return { verdict, baseline: model.name, candidate, alpha: config.alpha, checks, scored, notices: told };
    }
    throw new Error('The last look is at all documents.');
  });
}

function describeScored({ documents, available }: NonNullable<GateResult['scored']>): string {
  const [done, all] = [documents, available].map((count) => count.toLocaleString('en-US'));
  if (documents === available) return `All ${all} documents were scored.`;
  const share = ((100 * documents) / available).toPrecision(2);
  return `${done} of ${all} documents were scored (${share}%), in a random order; the verdict does not need the others.`;
}

/** A benchmark, in the order in which the candidate is scored. */
interface Gated {
  benchmark: Benchmark;
  /** The baseline's. */
  figure: MetricResult;
  baseline: Outcomes & { scores: number[] };
  /** The candidate's scores so far. */
  candidate: number[];
  loaded: LoadedTask;
}

async function loadGated(
  model: ModelResults,
  benchmark: Benchmark,
  options: ScoredGateOptions,
  listener: RunListener,
): Promise<Gated> {
  const { name } = benchmark;
  const figure = requiredFigure(model, benchmark);
  const outcomes = await readOutcomes(model, benchmark);
  const scores = outcomes?.scores;
  if (!scores || figure.source.written)
    throw new HonEvalError(
      'results',
      `${model.file}: expected samples with ${benchmark.metric} of single documents of ${name}, by log-likelihood; ` +
        'without them, judge results of the candidate with --candidate.',
    );
  const [task] = await selectTasks([name], options.includePaths);
  const limit = Math.max(...outcomes.ids) + 1;
  const asked = { ...options, models: [], tasks: [name], limit, shots: benchmark.shots ?? undefined };
  const loaded = await loadTask(task, makeDocuments, asked, listener);
  const present = new Set(outcomes.ids);
  const { documents, order } = shuffled(
    loaded.documents.filter(({ index }) => present.has(index)),
    options.seed,
  );
  if (documents.length !== outcomes.ids.length)
    throw new HonEvalError(
      'results',
      `Cannot pair ${name} of ${model.name}: its results are of ${outcomes.ids.length} documents, of which ` +
        `${loaded.provenance} has ${documents.length}.`,
    );
  return {
    benchmark,
    figure,
    baseline: reordered({ ...outcomes, scores }, order),
    candidate: [],
    loaded: { ...loaded, documents },
  };
}

/** With their new places as ids. */
function reordered(
  { scores, docHashes, requestsHashes }: Gated['baseline'],
  order: readonly number[],
): Gated['baseline'] {
  return {
    ids: [...order.keys()],
    scores: order.map((at) => scores[at]),
    docHashes: order.map((at) => docHashes[at]),
    requestsHashes: order.map((at) => requestsHashes[at]),
  };
}

/** Throws a `results` error where documents or prompts are not the baseline's. */
function addScored({ benchmark, baseline, candidate }: Gated, record: TaskRecord): void {
  const added = scoredOutcomes(record, benchmark.metric);
  const same = <T>(values: readonly T[]) => values.slice(candidate.length, candidate.length + added.ids.length);
  const { ids, docHashes, requestsHashes } = baseline;
  const before = { ids: same(ids), docHashes: same(docHashes), requestsHashes: same(requestsHashes), scores: null };
  checkSameDocuments(before, added, `${benchmark.name} with the baseline`);
  candidate.push(...added.scores);
}

function pairOf({ benchmark, figure, baseline, candidate }: Gated): BenchmarkPair {
  return pairSoFar(benchmark, figure, { first: baseline.scores.slice(0, candidate.length), second: [...candidate] });
}
