/** Manifests for Kubernetes: an Indexed Job of the shards, a Job that collects them, and the volume that both see. */
import { stringify } from 'yaml';
import type { JsonObject } from '../json.ts';
import { type Job, outcomes, retries } from './job.ts';
import type { Profile } from './profile.ts';
import { commandLine, setupLines, worstOf } from './shell.ts';

/** Seconds that a shard has for its batch once it is asked to stop. */
const grace = 90;

/** Seconds after which what collects gives up waiting for shards: a week. */
const patience = 7 * 24 * 3600;

const container = 'hon-eval';

type Options = Profile['kubernetes'];

/** @param image Container image with hon-eval in it. */
export function manifests(job: Job, image: string, options: Options): string {
  const objects = [...(options.claim === undefined ? [claim(job, options)] : []), ...jobs(job, image, options)];
  return objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
}

function jobs(job: Job, image: string, options: Options): JsonObject[] {
  const gpus = job.gpus && { 'nvidia.com/gpu': Number(job.gpus.split(':').at(-1)) };
  const memory = job.memory && { memory: `${job.memory}Gi` };
  const resources = {
    requests: { ...(job.cpus && { cpu: String(job.cpus) }), ...memory, ...gpus },
    limits: { ...memory, ...gpus },
  };
  const ignored = { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] };
  const onExit = (action: string, values: readonly number[]) => ({
    action,
    onExitCodes: { containerName: container, operator: 'In', values: [...values] },
  });
  const shards = {
    completionMode: 'Indexed',
    completions: job.shards,
    parallelism: Math.min(job.at_once ?? job.shards, job.shards),
    backoffLimitPerIndex: retries,
    // The others go on.
    maxFailedIndexes: job.shards,
    podFailurePolicy: {
      rules: [
        onExit('FailIndex', outcomes.hopeless),
        onExit('Ignore', outcomes.resumed),
        onExit('Count', outcomes.retried),
        ignored,
      ],
    },
    template: podTemplate(job, image, options, {
      args: shellWords(job, [`exec ${commandLine(job.shard)}`]),
      resources,
    }),
  };
  const lines = [`${commandLine([...job.collect, '--watch', '--quiet'])} || exit`, ...worstOf(job.gates)];
  const collect = {
    backoffLimit: retries,
    activeDeadlineSeconds: patience,
    template: podTemplate(job, image, options, { args: shellWords(job, lines), resources: {} }),
  };
  return [jobObject(job.name, shards, options), jobObject(`${job.name}-collect`, collect, options)];
}

function jobObject(name: string, spec: JsonObject, { namespace }: Options): JsonObject {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: metadata(name, namespace), spec };
}

function claim({ name }: Job, { namespace, storage, storage_class }: Options): JsonObject {
  const spec = {
    accessModes: ['ReadWriteMany'],
    resources: { requests: { storage } },
    ...(storage_class !== undefined && { storageClassName: storage_class }),
  };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: metadata(name, namespace), spec };
}

function metadata(name: string, namespace: string | undefined): JsonObject {
  const labels = { 'app.kubernetes.io/name': 'hon-eval' };
  return { name, ...(namespace !== undefined && { namespace }), labels };
}

function podTemplate(
  { name, folder, env }: Job,
  image: string,
  { claim: claimName = name, mount = folder, pod }: Options,
  { args, resources }: { args: string[]; resources: JsonObject },
): JsonObject {
  const environment = Object.entries(env).map(([key, value]) => ({ name: key, value }));
  return {
    metadata: { labels: { 'app.kubernetes.io/name': 'hon-eval' } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: grace,
      ...(pod as JsonObject),
      containers: [
        {
          name: container,
          image,
          command: ['/bin/sh', '-c'],
          args,
          workingDir: folder,
          env: environment,
          resources,
          volumeMounts: [{ name: 'work', mountPath: mount }],
        },
      ],
      volumes: [{ name: 'work', persistentVolumeClaim: { claimName } }],
    },
  };
}

/** What the shell of a container is told. */
function shellWords(job: Job, lines: readonly string[]): string[] {
  return [[...setupLines(job), ...lines].join('\n')];
}
