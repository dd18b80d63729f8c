import { HonEvalError } from '../../errors.ts';
import type { Plan, Share } from './plan.ts';

/** Variables in which schedulers tell a process which one it is, from 0 on. */
const variables = [
  'SLURM_ARRAY_TASK_ID',
  'SLURM_PROCID',
  'JOB_COMPLETION_INDEX',
  'SKYPILOT_NODE_RANK',
  'RANK',
] as const;

/** Variables in which they tell which device of its machine it is to use. */
const localVariables = ['SLURM_LOCALID', 'LOCAL_RANK'] as const;

type Environment = Readonly<Record<string, string | undefined>>;

export interface FoundShare extends Share {
  /** Where it was found; null where it was given. */
  variable: string | null;
}

/**
 * The share that `--shard` names: `i/n`, from 1 on, or `auto`, by the scheduler's variables. How many shares there are is
 * never taken from those: a job array that is requeued in part does not know.
 */
export function findShare(text: string, plan: Plan, environment: Environment): FoundShare {
  const given = /^(\d+)\/(\d+)$/.exec(text);
  if (given) {
    const [index, count] = given.slice(1).map(Number);
    if (index >= 1 && index <= count) return { index, count, variable: null };
  }
  if (text !== 'auto')
    throw new HonEvalError(
      'usage',
      `Expected --shard to be auto, or one of several from 1 on, such as 2/8; got ${text}.`,
    );
  if (plan.shards === null)
    throw new HonEvalError(
      'usage',
      'The plan does not say how many share it: plan with --shards, or name --shard i/n.',
    );
  const variable = variables.find((name) => environment[name]);
  if (!variable)
    throw new HonEvalError('usage', `--shard auto needs one of ${variables.join(', ')}; none of them is set.`);
  const index = Number(environment[variable]) + 1;
  if (!Number.isInteger(index) || index < 1 || index > plan.shards)
    throw new HonEvalError(
      'usage',
      `${variable} is ${environment[variable]}, and the plan is shared by ${plan.shards}: expected 0 to ${plan.shards - 1}.`,
    );
  return { index, count: plan.shards, variable };
}

/** `cuda` as `cuda:3` where the scheduler says that this is the fourth process of its machine. */
export function localDevice(device: string, environment: Environment): string {
  const local = localVariables.map((name) => environment[name]).find((value) => value !== undefined);
  return device === 'cuda' && local !== undefined ? `${device}:${local}` : device;
}
