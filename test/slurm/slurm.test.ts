/** A plan on a real Slurm. It needs Debian's packages: test/slurm/cluster.sh says which. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { honEval, type Outcome } from '../commands/program.ts';
import { contentOf } from '../torture/torture.ts';

/** Set to run it. */
const { HON_EVAL_SLURM: wanted } = process.env;
const minutes = 60_000;
const rows = 400;
const models = ['standard', 'hon-qk-shared', 'third'];
const tasks = ['multihop_1', 'multihop_2', 'multihop_3', 'piqa', 'sciq', 'arc_easy'];

const program = join(import.meta.dirname, '../../bin/run.js');
const fixtures = join(import.meta.dirname, '../fixtures/multihop');
const cluster = join(import.meta.dirname, 'cluster.sh');

/** Their names have what shells trip over. */
let folder: string;
let slurm: string;
let environment: Record<string, string>;
beforeAll(async () => {
  if (!wanted) return;
  slurm = mkdtempSync(join(tmpdir(), 'hon-eval-slurm-'));
  folder = join(slurm, "a user's sweep");
  mkdirSync(join(folder, 'rows'), { recursive: true });
  environment = { SLURM_CONF: execFileSync('bash', [cluster, 'start', slurm], { encoding: 'utf8' }).trim() };
  for (const name of ['standard', 'hon-qk-shared'])
    cpSync(join(fixtures, name), join(folder, name), { recursive: true });
  for (const task of tasks) writeFileSync(join(folder, 'rows', `${task}.jsonl`), rowsOf(task));
  await go(
    'retrofit',
    '--model',
    'standard',
    '--order',
    '3',
    '--projections',
    'q',
    '--inner',
    'shared',
    '--out',
    'third',
  );
});
afterAll(() => {
  if (!wanted) return;
  execFileSync('bash', [cluster, 'stop', slurm]);
  rmSync(slurm, { recursive: true, force: true, maxRetries: 5 });
});

function rowsOf(task: string): string {
  const [hops] = /\d$/.exec(task) ?? ['1'];
  const known = readFileSync(join(fixtures, `multihop_${hops}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  const made = Array.from({ length: rows }, (_, i) => {
    const { question, choices, answer, ...row } = JSON.parse(known[i % known.length]);
    const [first, second, third] = choices;
    if (task === 'piqa') return { goal: `${question} ${i}`, sol1: first, sol2: second, label: i % 2 };
    if (task === 'sciq')
      return {
        question,
        distractor1: first,
        distractor2: second,
        distractor3: third,
        correct_answer: `${i}`,
        support: '',
      };
    const labels = ['A', 'B', 'C', 'D'];
    if (task === 'arc_easy')
      return { question: `${question} ${i}`, choices: { text: choices, label: labels }, answerKey: labels[answer] };
    return { ...row, question, choices, answer };
  });
  return made.map((row) => `${JSON.stringify(row)}\n`).join('');
}

async function go(...args: string[]): Promise<Outcome> {
  const outcome = await honEval(args, { cwd: folder, env: environment, patience: 4 * minutes });
  expect(outcome).toMatchObject({ exitCode: 0 });
  return outcome;
}

const ask = (command: string, ...args: string[]) =>
  execFileSync(command, args, { encoding: 'utf8', env: { ...process.env, ...environment } }).trim();

/** Waits for something, and lets Slurm begin at once what it would begin two minutes after it was requeued. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + 4 * minutes;
  for (let look = 1; !isSo(); look++) {
    await setTimeout(50);
    if (look % 20) continue;
    if (performance.now() > end) throw new Error(`waited too long for ${what}:\n${ask('squeue')}\n${logs('')}`);
    for (const id of ask('squeue', '--noheader', '--states=PENDING', '--format=%i %r').split('\n'))
      if (id.endsWith('BeginTime')) ask('scontrol', 'update', `JobId=${id.split(' ')[0]}`, 'StartTime=now');
  }
}

const hasEnded = (job: string) =>
  ask('squeue', '--noheader', `--jobs=${job}`, '--states=all', '--format=%T')
    .split('\n')
    .every((state) => ['COMPLETED', 'FAILED'].includes(state));

/** What jobs have said, in files whose names begin so. */
function logs(start: string): string {
  const place = join(folder, 'O/logs');
  const files = readdirSync(place).filter((name) => name.startsWith(start) && name.endsWith('.log'));
  return files.map((name) => `${name}: ${readFileSync(join(place, name), 'utf8')}`).join('');
}

/** A shard whose process has scored something and goes on, and that process. */
function busyShard(): { shard: number; pid: number } | undefined {
  for (const pid of readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    const shard = /\0SLURM_ARRAY_TASK_ID=(\d+)\0/.exec(read(`/proc/${pid}/environ`))?.[1];
    if (shard && isScoring(pid) && hasScored(Number(shard))) return { shard: Number(shard), pid };
  }
  return undefined;
}

/** Not the shell that has started it. */
function isScoring(pid: number): boolean {
  const [command] = read(`/proc/${pid}/cmdline`).split('\0');
  return command === process.execPath;
}

function hasScored(shard: number): boolean {
  return models.some((model) => {
    const journal = join(folder, 'O', model, 'journal');
    const files = existsSync(journal) ? readdirSync(journal).filter((name) => name.includes(`.${shard + 1}of8.`)) : [];
    return files.some((name) => read(join(journal, name)).includes('"scores"'));
  });
}

/** What a file holds, or nothing where it has gone. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

test.runIf(wanted)(
  'eight shards of three checkpoints on six benchmarks, one killed, one preempted, one failing',
  async () => {
    const named = models.flatMap((name) => ['--model', name]);
    const work = [...named, '--tasks', tasks.join(), '--data', 'rows'];
    const [whole] = await Promise.all([go('run', ...work, '--output', 'whole'), go('plan', ...work, '--shards', '8')]);
    // The sixth shard fails once, in a way that is not tried again.
    const setup = '[ "$SLURM_ARRAY_TASK_ID" != 6 ] || [ -e mended ] || exit 4';
    writeFileSync(
      join(folder, 'cluster.json'),
      JSON.stringify({ command: [process.execPath, program], setup, at_once: 2 }),
    );
    writeFileSync(join(folder, 'gate.json'), JSON.stringify({ margin: 0.6, overall: { margin: 0.6 } }));
    const submit = ['submit', '--slurm', '--output', 'O', '--profile', 'cluster.json', '--time', '10', '--json'];
    const judged = ['--baseline', 'whole/standard', '--gate-config', 'gate.json'];
    const { jobs } = JSON.parse((await go(...submit, ...judged)).stdout);
    let busy = { shard: -1, pid: -1 };
    const found = () => {
      busy = busyShard() ?? busy;
      return busy.pid >= 0;
    };
    await until('a shard to kill', found);
    process.kill(busy.pid, 'SIGKILL');
    const killed = busy.shard;
    busy.pid = -1;
    await until('a shard to preempt', found);
    ask('sbatch', '--partition=urgent', '--ntasks=2', '--output=/dev/null', '--wrap=sleep 3');
    await until('the jobs', () => hasEnded(jobs[1]));
    expect(logs(`${jobs[0]}_${killed}.`)).toContain('Killed');
    expect(logs(`${jobs[0]}_`)).toContain('hon-eval: Stopped; start the same command again to go on.');
    expect(logs('collect_')).toMatch(/--array=6\n[\s\S]*Shard 7\/8 is not done/);

    writeFileSync(join(folder, 'mended'), '');
    const again = JSON.parse((await go(...submit, ...judged, '--missing')).stdout);
    expect(again.files[0].text).toContain('#SBATCH --array=6%2\n');
    await until('the rest', () => hasEnded(again.jobs[1]));
    const said = logs(`collect_${again.jobs[1]}`);
    expect(said).toContain(whole.stdout.split('\n\n')[0]);
    expect(said.match(/pass/gi)?.length).toBeGreaterThanOrEqual(3);
    const isResult = ([name]: [string, string]) => !/^(plan\.json|logs\/)/.test(name);
    const merged = Object.fromEntries(Object.entries(contentOf(join(folder, 'O'))).filter(isResult));
    expect(Object.keys(merged)).toHaveLength(21);
    const expected = contentOf(join(folder, 'whole'));
    expect(Object.keys(merged).filter((name) => merged[name] !== expected[name])).toEqual([]);
  },
  10 * minutes,
);
