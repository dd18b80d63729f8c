/** What shards have done of a plan. */
import { HonEvalError } from '../../errors.ts';
import { chooseOptions, type RunListener } from '../open_run.ts';
import { ModelScoring, type RunOptions } from '../score/model_scoring.ts';
import { PreparedStore } from '../score/prepared_store.ts';
import type { ScoreUnit } from '../score/score_unit.ts';
import { optionsOf, type Plan, type PlannedUnit, type Share, shareOf } from './plan.ts';
import { checkPlanned, loadTasks, readyFor } from './run_shard.ts';

export interface PlanState {
  /** Documents of the plan, and how many of them are done. */
  total: number;
  done: number;
  /** Pieces that are not, by their unit and its place in the plan. */
  missing: { unit: PlannedUnit; piece: PlannedUnit['pieces'][number]; done: number }[];
}

/**
 * Looks at the journals of every unit. Throws a `results` error where two shards have given different scores to one
 * document, a `usage` error where the plan is of something else than what is there.
 */
export async function lookAtPlan(
  plan: Plan,
  options: Pick<RunOptions, 'signal' | 'journalFolder'>,
  listener: RunListener,
): Promise<PlanState> {
  const planned: RunOptions = { ...optionsOf(plan), ...options };
  const chosen = await chooseOptions(planned, listener);
  const tasks = await loadTasks(planned, new Set(plan.units.map(({ task }) => task)), listener);
  const store = new PreparedStore(false);
  const state: PlanState = { total: 0, done: 0, missing: [] };
  for (const [name, units] of Map.groupBy(plan.units, (unit) => unit.model)) {
    const ready = await readyFor(name, units, tasks, planned, listener);
    const tools = { store, listener, folder: options.journalFolder(name), shard: 'collect' };
    const scoring = await ModelScoring.open(ready, chosen, tools);
    try {
      checkPlanned(scoring, units);
      for (const [i, unit] of units.entries()) look(unit, scoring.units[i], state);
    } finally {
      await scoring.close();
    }
  }
  return state;
}

function look(unit: PlannedUnit, found: ScoreUnit, state: PlanState): void {
  const contradicted = found.findContradiction();
  if (contradicted !== undefined)
    throw new HonEvalError(
      'results',
      `${unit.task} of ${unit.model}: two shards give document ${contradicted} different scores; remove the journals of ` +
        'one of them and run it again.',
    );
  for (const piece of unit.pieces) {
    const done = found.doneOf(piece);
    state.total += piece.documents;
    state.done += done;
    if (done < piece.documents) state.missing.push({ unit, piece, done });
  }
}

/** The shares that have something to do still, from 1 on. */
export function missingShares(plan: Plan, { missing }: PlanState, count: number): number[] {
  const pieces = new Set(missing.map(({ piece }) => piece));
  const shares: Share[] = Array.from({ length: count }, (_, i) => ({ index: i + 1, count }));
  const isMissing = (share: Share) =>
    shareOf(plan, share).some((unit) => unit.pieces.some((piece) => pieces.has(piece)));
  return shares.filter(isMissing).map(({ index }) => index);
}

/** Indices as a job array's: `3,17-19`. */
export function arrayExpression(indices: readonly number[]): string {
  const runs: [from: number, to: number][] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last && index === last[1] + 1) last[1] = index;
    else runs.push([index, index]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}
