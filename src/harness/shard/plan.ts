/** A plan: what a run is to do, cut so finely that any number of machines can share it. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { HonEvalError, reason } from '../../errors.ts';
import { isTooDeep, type Json } from '../../json.ts';
import { check } from '../../schema.ts';
import type { RunOptions } from '../score/model_scoring.ts';
import type { Piece } from '../score/parts.ts';
import { versions } from '../versions.ts';

const format = 1;
const count = z.int().min(0);
const place = z.object({ part: count, batch: count });

const unitSchema = z.object({
  /** Of the checkpoint, its settings and the benchmark's questions. */
  id: z.string(),
  model: z.string(),
  task: z.string(),
  documents: count,
  pieces: z.array(
    z.object({
      from: place,
      to: place,
      documents: count,
      /** Floating-point operations. */
      cost: z.number().min(0),
    }),
  ),
});

const planSchema = z.object({
  format: z.literal(format),
  version: z.string(),
  begun: z.iso.datetime(),
  /** How many share it, where that was said. */
  shards: z.int().min(1).nullable(),
  /** Whether all that shards read was fetched, so that they need no network. */
  offline: z.boolean(),
  /** What `run` is told. */
  options: z.record(z.string(), z.json()),
  command: z.array(z.string()),
  models: z.array(
    z.object({ name: z.string(), label: z.string(), commit: z.string().nullable(), weights: z.string() }),
  ),
  units: z.array(unitSchema).min(1),
});
export type Plan = z.infer<typeof planSchema>;
export type PlannedUnit = z.infer<typeof unitSchema>;

/** Options of a run that a plan decides. */
export type PlannedOptions = Omit<RunOptions, 'signal' | 'journalFolder' | 'commits' | 'fresh' | 'command' | 'threads'>;

/** Throws a `usage` error where the file is no plan, or another version's. */
export async function readPlan(file: string): Promise<Plan> {
  const json = await readJson(file);
  if (isTooDeep(json)) throw new HonEvalError('usage', `${file} is no plan of hon-eval: it has too many levels.`);
  const { data: plan, problem } = check(planSchema, json);
  const { honEval } = versions();
  if (problem !== undefined) throw new HonEvalError('usage', `${file} is no plan of hon-eval: ${problem}.`);
  if (plan.version !== honEval)
    throw new HonEvalError(
      'usage',
      `${file} was made by hon-eval ${plan.version}, and this is ${honEval}; use that one, or plan anew.`,
    );
  return plan;
}

/** Reads a plan for a process that is to work by it: it leaves the network alone where all was fetched before. */
export async function openPlan(file: string): Promise<Plan> {
  const plan = await readPlan(file);
  if (plan.offline) goOffline();
  return plan;
}

/** What the hub's cache lacks is an error from here on. */
export function goOffline(): void {
  process.env.HF_HUB_OFFLINE = '1';
}

async function readJson(file: string): Promise<Json> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new HonEvalError('usage', `Cannot read the plan ${file}: ${reason(error)}.`, { cause: error });
  }
}

/** What a run of the plan is told. */
export function optionsOf({
  options,
  models,
  command,
}: Plan): PlannedOptions & Pick<RunOptions, 'commits' | 'command'> {
  const commits = models.flatMap(({ name, commit }) => (commit === null ? [] : [[name, commit] as const]));
  return { ...(options as unknown as PlannedOptions), commits: new Map(commits), command };
}

/** One of the shares of a plan, counted from 1. */
export interface Share {
  index: number;
  count: number;
}

/** Pieces of a share, with their units. */
export interface SharedUnit extends PlannedUnit {
  pieces: (Piece & { cost: number })[];
}

/**
 * The share of a plan: pieces that stand side by side, so that few of its models are loaded; cut so that the share that
 * costs most costs as little as it can.
 */
export function shareOf({ units }: Plan, { index, count }: Share): SharedUnit[] {
  const shares = assign(
    units.flatMap(({ pieces }) => pieces.map(({ cost }) => cost)),
    count,
  );
  let next = 0;
  const shared = units.map((unit) => ({ ...unit, pieces: unit.pieces.filter(() => shares[next++] === index - 1) }));
  return shared.filter(({ pieces }) => pieces.length > 0);
}

/** The share of each piece, from 0 on: the least limit of what one may cost under which they are no more than `count`. */
function assign(costs: readonly number[], count: number): number[] {
  let [low, high] = [0, costs.reduce((a, b) => a + b, 0)];
  // Halved so often, the limit is exact but for rounding.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (fill(costs, middle).at(-1)! < count) high = middle;
    else low = middle;
  }
  return fill(costs, high);
}

/** The share of each piece where each takes what fits under a limit, and one piece at least. */
function fill(costs: readonly number[], limit: number): number[] {
  let share = 0;
  let spent = 0;
  return costs.map((cost, i) => {
    if (i > 0 && spent + cost > limit) {
      share++;
      spent = 0;
    }
    spent += cost;
    return share;
  });
}
