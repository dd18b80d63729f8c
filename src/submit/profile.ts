/** What a cluster is like, and what a shard needs: a file that is written once. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { HonEvalError, reason } from '../errors.ts';
import { check } from '../schema.ts';

const count = z.int().min(1);

const schema = z.strictObject({
  /** How hon-eval is called there. */
  command: z.array(z.string()).min(1).default(['hon-eval']),
  /** Lines of shell before it. */
  setup: z.string().default(''),
  /** Variables of its environment. */
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.coerce.string()).default({}),
  /** Shards that run at the same time, at most. */
  at_once: count.optional(),
  /** GPUs of a shard: a number, or a kind and a number, such as `a100:1`. */
  gpus: z
    .union([count, z.string()])
    .transform(String)
    .refine((text) => /^([\w-]+:)?[1-9]\d*$/.test(text), 'expected a number, or a kind and a number such as a100:1')
    .optional(),
  /** Cores of a shard. */
  cpus: count.optional(),
  /** GiB of a shard. */
  memory: count.optional(),
  /** Container image with hon-eval in it. */
  image: z.string().optional(),
  /** Options of sbatch by their long names; true for one without a value. */
  slurm: z.record(z.string().regex(/^[a-z][a-z-]*$/), z.union([z.string(), z.number(), z.literal(true)])).default({}),
  kubernetes: z
    .strictObject({
      namespace: z.string().optional(),
      /** A volume claim that is there; one is made if left out. */
      claim: z.string().optional(),
      /** Of the claim that is made. */
      storage: z.string().default('100Gi'),
      storage_class: z.string().optional(),
      /** Where the volume is seen; the folder that is submitted from if left out. */
      mount: z.string().optional(),
      /** What else a pod has: `nodeSelector`, `tolerations`, … */
      pod: z.record(z.string(), z.json()).default({}),
    })
    .prefault({}),
  /** What else a task has: `resources`, `file_mounts`, … */
  skypilot: z.record(z.string(), z.json()).default({}),
});
export type Profile = z.infer<typeof schema>;

/** Reads a profile, YAML or JSON. Throws a `usage` error that names the field which is wrong. */
export async function readProfile(file: string | undefined): Promise<Profile> {
  if (file === undefined) return schema.parse({});
  const { data, problem } = check(schema, (await readYaml(file)) ?? {}, { whole: 'profile' });
  if (problem === undefined) return data;
  throw new HonEvalError('usage', `${file}: expected a profile, got something else (${problem}).`);
}

async function readYaml(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new HonEvalError('usage', `Cannot read the profile ${file}: ${reason(error)}.`, { cause: error });
  }
}
