import { mkdir } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { HonEvalError } from '../errors.ts';
import type { Plan } from '../harness/shard/plan.ts';
import type { Job } from '../submit/job.ts';
import type { Profile } from '../submit/profile.ts';
import { HonEvalCommand } from './shared/command.ts';
import { resultsFolder, workerFlags } from './shared/run_flags.ts';

/** What was handed to a scheduler, or would be. */
export interface Submission {
  scheduler: (typeof schedulers)[number];
  shards: number;
  /** What it is given, as it was or would be written. */
  files: SubmittedFile[];
  /** What the scheduler calls the jobs; empty where none was submitted. */
  jobs: string[];
}

interface SubmittedFile {
  name: string;
  text: string;
}

const schedulers = ['slurm', 'kubernetes', 'skypilot'] as const;

/** Which of them; there is exactly one. */
const scheduler = (name: string, summary: string) => Flags.boolean({ summary: `${summary} (${name}).` });

export default class Submit extends HonEvalCommand {
  static override summary = 'Hand the shards of a plan to Slurm, Kubernetes or SkyPilot.';
  static override description =
    'Writes the scripts or manifests that run every shard, start those again that were stopped, and then collect the ' +
    'results and judge them. Submit from the folder that the plan was made in. What a cluster needs is said by flags, or ' +
    'once by a profile: docs/scale.md has its fields.';
  static override examples = [
    '<%= config.bin %> submit --slurm --plan plan.json --profile cluster.yaml --dry-run',
    '<%= config.bin %> submit --slurm --gpus 1 --cpus 8 --time 02:00:00 --at-once 16',
    '<%= config.bin %> submit --kubernetes --image hon-eval:0.2-cuda --gpus 1',
  ];
  static override flags = {
    slurm: scheduler('sbatch', 'Write a job array, and a job that collects'),
    kubernetes: scheduler('kubectl', 'Write an Indexed Job, and a Job that collects'),
    skypilot: scheduler('sky', 'Write a task with a node a shard, the first of which collects'),
    plan: Flags.string({
      default: 'plan.json',
      helpValue: 'FILE',
      summary: 'Take this plan, which "hon-eval plan" has written.',
    }),
    output: resultsFolder,
    profile: Flags.string({ helpValue: 'FILE', summary: 'Read what the cluster is like from this YAML file.' }),
    'at-once': Flags.integer({ min: 1, summary: 'Run at most so many shards at the same time.' }),
    gpus: Flags.string({ helpValue: 'N|KIND:N', summary: 'Give each shard so many GPUs.' }),
    cpus: Flags.integer({ min: 1, summary: 'Give each shard so many cores.' }),
    memory: Flags.integer({ min: 1, helpValue: 'GIB', summary: 'Give each shard so much memory.' }),
    time: Flags.string({
      helpValue: 'HH:MM:SS',
      summary: 'Give each shard so much time; what is not done by then goes on (Slurm).',
    }),
    image: Flags.string({ summary: 'Run this container image, which has hon-eval in it (Kubernetes, SkyPilot).' }),
    missing: Flags.boolean({ summary: 'Submit only the shards that something is missing of (Slurm).' }),
    baseline: Flags.string({
      helpValue: 'PATH',
      summary: 'Hold every model against these results once all is collected.',
    }),
    'gate-config': Flags.string({
      helpValue: 'FILE',
      summary: 'Take margins and floors of that from this file.',
      dependsOn: ['baseline'],
    }),
    ...workerFlags,
    'dry-run': Flags.boolean({ summary: 'Print what would be submitted.' }),
  };

  async run(): Promise<Submission> {
    const { flags } = await this.parse(Submit);
    const chosen = schedulers.filter((name) => flags[name]);
    if (chosen.length !== 1)
      throw new HonEvalError('usage', `Expected one of --slurm, --kubernetes and --skypilot, got ${chosen.length}.`);
    const [name] = chosen;
    const [{ openPlan }, { readProfile }, { describeJob }, { runFolder }] = await Promise.all([
      import('../harness/shard/plan.ts'),
      import('../submit/profile.ts'),
      import('../submit/job.ts'),
      import('../results/paths.ts'),
    ]);
    const plan = await openPlan(flags.plan);
    const { shards } = plan;
    if (shards === null)
      throw new HonEvalError('usage', `${flags.plan} does not say how many share it: plan with --shards.`);
    const profile = withFlags(await readProfile(flags.profile), flags);
    // SkyPilot copies the folder to wherever its nodes have it.
    const place = (path: string) => (name === 'skypilot' ? relative('', resolve(path)) : resolve(path));
    const output = name === 'skypilot' ? flags.output : resolve(flags.output);
    const missing = flags.missing ? await missingOf(plan, shards, output) : undefined;
    const { baseline, 'gate-config': gateConfig } = flags;
    const job = describeJob(
      { ...plan, shards },
      profile,
      {
        plan: place(flags.plan),
        output,
        folder: process.cwd(),
        missing,
        baseline: baseline === undefined ? undefined : place(baseline),
        gateConfig: gateConfig === undefined ? undefined : place(gateConfig),
        shardFlags: [
          ...(flags.workers === undefined ? [] : ['--workers', String(flags.workers)]),
          ...(flags.devices === undefined ? [] : ['--devices', flags.devices]),
        ],
      },
      (label) => runFolder(output, label),
    );
    const files = await filesFor(name, job, profile, flags.plan);
    const submission = { scheduler: name, shards, files };
    if (flags['dry-run']) {
      this.log(files.map((file) => `# ${file.name}\n${file.text}`).join('\n'));
      return { ...submission, jobs: [] };
    }
    const jobs = await submit(name, job, files);
    this.log(`Submitted ${shards} shards of ${flags.plan} as ${jobs.join(', and what collects them as ')}.`);
    return { ...submission, jobs };
  }
}

interface ProfileFlags {
  'at-once'?: number;
  gpus?: string;
  cpus?: number;
  memory?: number;
  time?: string;
  image?: string;
}

/** The profile with what flags say instead. */
function withFlags(profile: Profile, { 'at-once': atOnce, time, ...flags }: ProfileFlags): Profile {
  const { gpus = profile.gpus, cpus = profile.cpus, memory = profile.memory, image = profile.image } = flags;
  const slurm = time === undefined ? profile.slurm : { ...profile.slurm, time };
  return { ...profile, gpus, cpus, memory, image, slurm, at_once: atOnce ?? profile.at_once };
}

/** The shards that are not done, from 0 on, as a job array has them. Throws a `usage` error where all are. */
async function missingOf(plan: Plan, shards: number, output: string): Promise<string> {
  const [{ lookAtPlan, missingShares, arrayExpression }, { plannedJournals }, { consoleListener }] = await Promise.all([
    import('../harness/shard/collect.ts'),
    import('../results/paths.ts'),
    import('./shared/console.ts'),
  ]);
  const listener = consoleListener(process.stderr, true, new Map());
  const state = await lookAtPlan(plan, { journalFolder: plannedJournals(plan, output) }, listener);
  const indices = missingShares(plan, state, shards).map((index) => index - 1);
  if (indices.length === 0)
    throw new HonEvalError('usage', `Nothing is missing; "hon-eval collect ${output}" writes it.`);
  return arrayExpression(indices);
}

/** What a scheduler is given, beside the plan. */
async function filesFor(
  name: Submission['scheduler'],
  job: Job,
  profile: Profile,
  plan: string,
): Promise<SubmittedFile[]> {
  const file = (ending: string, text: string) => ({ name: `${plan.replace(/\.json$/, '')}.${ending}`, text });
  if (name === 'slurm') {
    const { arrayScript, collectScript } = await import('../submit/slurm.ts');
    return [file('shards.sh', arrayScript(job, profile.slurm)), file('collect.sh', collectScript(job, profile.slurm))];
  }
  if (name === 'skypilot') {
    const { taskFile } = await import('../submit/skypilot.ts');
    return [file('skypilot.yaml', taskFile(job, profile.skypilot))];
  }
  if (profile.image === undefined)
    throw new HonEvalError('usage', 'Kubernetes needs an --image with hon-eval in it; container/ has what makes one.');
  const { manifests } = await import('../submit/kubernetes.ts');
  return [file('kubernetes.yaml', manifests(job, profile.image, profile.kubernetes))];
}

/** Writes the files and hands them over, and gives what the scheduler calls the jobs. */
async function submit(name: Submission['scheduler'], job: Job, files: readonly SubmittedFile[]): Promise<string[]> {
  const [{ writeWhole }, { hand }] = await Promise.all([
    import('../output/pending_files.ts'),
    import('../submit/client.ts'),
  ]);
  const [first, second] = files.map((file) => file.name);
  for (const file of files) await writeWhole(file.name, [file.text]);
  if (name === 'slurm') {
    const { logFolder } = await import('../submit/slurm.ts');
    // Slurm writes to folders that are there alone.
    await mkdir(logFolder(job), { recursive: true });
    const array = await hand('sbatch', ['--parsable', first]);
    const [id] = array.split(';');
    return [array, await hand('sbatch', ['--parsable', `--dependency=afterany:${id}`, second])];
  }
  if (name === 'kubernetes') await hand('kubectl', ['apply', '--filename', first]);
  else await hand('sky', ['jobs', 'launch', '--yes', '--detach-run', '--name', job.name, first]);
  return [job.name];
}
