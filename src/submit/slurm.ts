/** Scripts for Slurm: a job array of the shards, and a job that collects them. */
import { join } from 'node:path';
import { type Job, outcomes, retries } from './job.ts';
import type { Profile } from './profile.ts';
import { commandLine, exports, isPlainWord, setupLines, worstOf } from './shell.ts';

/** Seconds before the end of its time at which a shard is asked to stop: a batch takes some seconds. */
const notice = 90;

/** What a shell makes of a process that a signal has ended: SIGKILL, or SIGTERM before it has learnt to listen. */
const [killed, terminated] = [128 + 9, 128 + 15];

type Options = Profile['slurm'];

/** The array's script. A shard that was stopped, or that may do better another time, is requeued. */
export function arrayScript(job: Job, options: Options): string {
  const { missing = `0-${job.shards - 1}`, at_once: atOnce } = job;
  const directives: Options = {
    'job-name': job.name,
    chdir: job.folder,
    array: atOnce === undefined ? missing : `${missing}%${atOnce}`,
    output: join(logFolder(job), '%A_%a.log'),
    'open-mode': 'append',
    requeue: true,
    signal: `B:TERM@${notice}`,
    ...(job.gpus && { gres: `gpu:${job.gpus}` }),
    ...(job.cpus && { 'cpus-per-task': job.cpus }),
    ...(job.memory && { mem: `${job.memory}G` }),
    ...options,
  };
  return script(directives, [
    '# Slurm tells the shell when the time is nearly up, and the shell the shard, which finishes its batch.',
    `trap 'kill -TERM "$shard" 2>/dev/null' TERM`,
    ...preparation(job),
    `${commandLine(job.shard)} &`,
    'shard=$!',
    '# A signal ends a wait, but not the shard.',
    'while kill -0 "$shard" 2>/dev/null; do wait "$shard"; done',
    'wait "$shard"',
    'status=$?',
    'again=',
    'case $status in',
    `  ${[...outcomes.resumed, terminated].join('|')}) again=yes ;;`,
    `  ${[...outcomes.retried, killed].join('|')}) [ "\${SLURM_RESTART_COUNT:-0}" -ge ${retries} ] || again=yes ;;`,
    'esac',
    '[ -z "$again" ] || scontrol requeue "$SLURM_JOB_ID"',
    'exit "$status"',
  ]);
}

/** What is run once the array has ended: it says what is missing, or writes the results and judges them. */
export function collectScript(job: Job, options: Options): string {
  // What a shard needs for computing, this does not.
  const own = new Set(['account', 'clusters', 'partition', 'qos', 'reservation', 'time']);
  const kept = Object.fromEntries(Object.entries(options).filter(([name]) => own.has(name)));
  const directives = {
    'job-name': `${job.name}-collect`,
    chdir: job.folder,
    output: join(logFolder(job), 'collect_%j.log'),
    ...kept,
  };
  return script(directives, [...preparation(job), `${commandLine(job.collect)} || exit`, ...worstOf(job.gates)]);
}

export function logFolder({ output }: Pick<Job, 'output'>): string {
  return join(output, 'logs');
}

function preparation(job: Job): string[] {
  return [...exports(job.env), ...setupLines(job)];
}

function script(directives: Options, lines: readonly string[]): string {
  const head = Object.entries(directives).map(([name, value]) =>
    value === true ? `#SBATCH --${name}` : `#SBATCH --${name}=${directiveValue(String(value))}`,
  );
  return ['#!/bin/bash', ...head, '', ...lines, ''].join('\n');
}

/** As sbatch reads the lines of a script: quoted where there is more than a word. */
function directiveValue(value: string): string {
  return isPlainWord(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}
