/** What schedulers are told of a planned run, whichever they are. */
import { exitCodes } from '../errors.ts';
import type { Plan } from '../harness/shard/plan.ts';
import { sha256 } from '../sha256.ts';
import type { Profile } from './profile.ts';

/** How often a shard is begun that did not get to its end for want of a network or memory, or that something killed. */
export const retries = 3;

/** Exit codes by what a scheduler is to do about them; others are what it makes of a failure. */
export const outcomes = {
  /** The next attempt would end in the same way. */
  hopeless: [
    exitCodes.usage,
    exitCodes.checkpoint,
    exitCodes.dataset,
    exitCodes.notFound,
    exitCodes.accessDenied,
    exitCodes.results,
  ],
  /** Another attempt, or another machine, may do better. */
  retried: [exitCodes.network, exitCodes.memory],
  /** It was asked to stop, and goes on when it is started again. */
  resumed: [exitCodes.again],
} as const;

export interface Job extends Omit<Profile, 'command' | 'slurm' | 'kubernetes' | 'skypilot'> {
  /** Of letters, digits and hyphens. */
  name: string;
  /** Where commands are run, on every machine. */
  folder: string;
  shards: number;
  /** Which of them are to be run, from 0 on, as a job array has it; all if left out. */
  missing?: string;
  /** Where results go. */
  output: string;
  /** The command of a shard; the scheduler's variables tell it which one it is. */
  shard: string[];
  collect: string[];
  /** What judges each model's results once they are collected. */
  gates: string[][];
}

export interface JobOptions {
  /** The plan's file. */
  plan: string;
  output: string;
  folder: string;
  missing?: string;
  /** Results that the models are held against. */
  baseline?: string;
  /** Settings of the gate. */
  gateConfig?: string;
  /** Flags of each shard, such as `--devices`. */
  shardFlags: readonly string[];
}

/** @param modelFolder Where a model's results are, by its name. */
export function describeJob(
  plan: Plan & { shards: number },
  { command, slurm: _slurm, kubernetes: _kubernetes, skypilot: _skypilot, ...profile }: Profile,
  { plan: file, output, folder, missing, baseline, gateConfig, shardFlags }: JobOptions,
  modelFolder: (label: string) => string,
): Job {
  const id = sha256(JSON.stringify([plan.begun, output])).slice(0, 8);
  const gate = (candidate: string) => [
    ...[...command, 'gate', '--baseline', baseline!, '--candidate', candidate],
    ...(gateConfig === undefined ? [] : ['--config', gateConfig]),
  ];
  const candidates = baseline === undefined ? [] : plan.models.map(({ label }) => modelFolder(label));
  return {
    ...profile,
    name: `hon-eval-${id}`,
    folder,
    shards: plan.shards,
    missing,
    output,
    shard: [...command, 'run', '--plan', file, '--shard', 'auto', '--output', output, '--quiet', ...shardFlags],
    collect: [...command, 'collect', output],
    gates: candidates.filter((candidate) => candidate !== baseline).map(gate),
  };
}
