/** A task file for SkyPilot: a node a shard, the first of which collects. */
import { stringify } from 'yaml';
import { HonEvalError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { type Job, outcomes, retries } from './job.ts';
import type { Profile } from './profile.ts';
import { commandLine, worstOf } from './shell.ts';

/** Throws a `usage` error where the kind of GPU is not told. */
export function taskFile(job: Job, options: Profile['skypilot']): string {
  const { resources: further = {}, ...others } = options;
  if (job.gpus && !job.gpus.includes(':'))
    throw new HonEvalError('usage', `SkyPilot asks for a kind of GPU, such as --gpus A100:1; got ${job.gpus}.`);
  const resources: JsonObject = {
    ...(job.gpus && { accelerators: job.gpus }),
    ...(job.cpus && { cpus: `${job.cpus}+` }),
    ...(job.memory && { memory: `${job.memory}+` }),
    ...(job.image && { image_id: `docker:${job.image}` }),
    // A node that is stopped is started again, and its shard goes on.
    job_recovery: {
      max_restarts_on_errors: retries,
      recover_on_exit_codes: [...outcomes.resumed, ...outcomes.retried],
    },
    ...(further as JsonObject),
  };
  const run = [
    `${commandLine(job.shard)} || exit`,
    '[ "$SKYPILOT_NODE_RANK" = 0 ] || exit 0',
    `${commandLine([...job.collect, '--watch', '--quiet'])} || exit`,
    ...worstOf(job.gates),
  ];
  const task = {
    name: job.name,
    num_nodes: job.shards,
    workdir: '.',
    resources,
    ...(Object.keys(job.env).length > 0 && { envs: job.env }),
    ...(job.setup && { setup: job.setup }),
    run: `${run.join('\n')}\n`,
    ...(others as JsonObject),
  };
  return stringify(task, { lineWidth: 0 });
}
