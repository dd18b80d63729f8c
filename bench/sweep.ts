/**
 * All revisions of a training run by one command, against one command a revision and against lm-evaluation-harness: the
 * table of docs/benchmarks.md. The revisions are of a random Pythia-70M, on a hub on this machine.
 *
 *     node bench/sweep.ts --python PYTHON --data FOLDER --tokenizer tokenizer.json [--revisions 20] [--documents 100]
 *         [--parts sweep,single,killed,lm-eval] [--lm-eval-revisions 20] [--batch-size 8] [--work FOLDER]
 *
 * Each part keeps its figure in the work folder, and the last ones print the table of all that are there.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { HubServer } from '../test/hub/hub_server.ts';
import { startLmEval } from './measure.ts';
import { table } from './report.ts';
import { checkPaths, commonFlags, fail, makeCheckpoint, positive } from './setup.ts';

const { values: flags } = parseArgs({
  options: {
    ...commonFlags,
    revisions: { type: 'string', default: '20' },
    documents: { type: 'string', default: '100' },
    parts: { type: 'string', default: 'sweep,single,killed,lm-eval' },
    'lm-eval-revisions': { type: 'string' },
    'batch-size': { type: 'string', default: '8' },
  },
});

const tasks = ['arc_challenge', 'arc_easy', 'hellaswag', 'logiqa', 'piqa', 'sciq'];
const repo = 'bench/pythia-70m';

interface Figure {
  revisions: number;
  seconds: number;
}

async function main(): Promise<void> {
  checkPaths(flags.data, flags.tokenizer);
  const [revisions, documents] = [positive('revisions', flags.revisions), positive('documents', flags.documents)];
  const lmEval = positive('lm-eval-revisions', flags['lm-eval-revisions'] ?? flags.revisions);
  const base = await makeCheckpoint('70m', 'float16', flags);
  const work = join(resolve(flags.work), `sweep-${revisions}-${documents}`);
  const data = dataFolder(join(work, 'data'), documents);
  const steps = Array.from({ length: revisions }, (_, i) => 1000 * (i + 1));
  const folders = steps.map((step, i) => makeRevision(base, join(work, 'revisions', `step${step}`), i));
  const content = Object.fromEntries(folders.map((folder) => [basename(folder), folder]));
  const hub = new HubServer({ repositories: { [`models/${repo}`]: { revisions: content } } });
  await hub.listen();
  const run = (model: string, output: string) => ({
    args: ['run', '-m', model, '-t', tasks.join(), '--data', data, '--limit', String(documents), '-o', output, '-q'],
    // Each part downloads what it scores.
    env: { ...process.env, HF_ENDPOINT: hub.url, HF_HOME: join(work, 'cache', basename(output)) },
  });
  const parts: Record<string, () => Promise<Figure>> = {
    sweep: async () => timed(revisions, () => finish(run(`${repo}@step*`, fresh(work, 'sweep')))),
    single: async () => {
      const output = fresh(work, 'single');
      return timed(revisions, async () => {
        for (const step of steps) await finish(run(`${repo}@step${step}`, output));
      });
    },
    killed: async () => {
      const command = run(`${repo}@step*`, fresh(work, 'killed'));
      const patience = 1000 * (read(work, 'sweep')?.seconds ?? 60 * revisions);
      return timed(revisions, async () => {
        for (let kills = 0; kills < 3; kills++) await killAfter(command, patience / 4);
        await finish(command);
      });
    },
    'lm-eval': () => timed(lmEval, () => loopOfLmEval(folders.slice(0, lmEval), data, documents)),
  };
  try {
    for (const name of flags.parts.split(',')) {
      const figure = await parts[name]();
      writeFileSync(join(work, `${name}.json`), JSON.stringify(figure));
      console.error(`${name}: ${figure.revisions} revisions in ${figure.seconds.toFixed(1)} s`);
    }
  } finally {
    await hub.close();
  }
  console.log(figuresTable(work, Object.keys(parts)));
  console.log(`\n${compare(work, ['single', 'sweep', 'killed'])}`);
}

/** Rows of all tasks: SciQ's, where there are none, are made. */
function dataFolder(folder: string, documents: number): string {
  mkdirSync(folder, { recursive: true });
  for (const task of tasks) {
    const [from, to] = [resolve(flags.data, `${task}.jsonl`), join(folder, `${task}.jsonl`)];
    if (existsSync(to)) continue;
    if (existsSync(from)) symlinkSync(from, to);
    else if (task === 'sciq') writeFileSync(to, Array.from({ length: documents }, (_, i) => sciqRow(i)).join(''));
    else checkPaths(from);
  }
  return folder;
}

function sciqRow(i: number): string {
  const [a, b] = [i + 12, 3 * i + 5];
  const support = `Counting began with ${a} stones and ${b} shells. `.repeat(4);
  const distractors = { distractor1: `${a}`, distractor2: `${b}`, distractor3: `${a * b}` };
  const question = `How many stones and shells are there when ${a} stones lie beside ${b} shells?`;
  return `${JSON.stringify({ question, ...distractors, correct_answer: `${a + b}`, support })}\n`;
}

/** A copy of a checkpoint with the bytes of one tensor in another order, so that revisions differ in their scores. */
function makeRevision(base: string, folder: string, seed: number): string {
  if (existsSync(folder)) return folder;
  cpSync(base, `${folder}.part`, { recursive: true });
  const file = join(`${folder}.part`, 'model.safetensors');
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start));
  const [from, to] = header['gpt_neox.layers.3.mlp.dense_4h_to_h.weight'].data_offsets;
  const tensor = bytes.subarray(start + from, start + to);
  const turned = Buffer.concat([tensor.subarray(2 * 512 * seed), tensor.subarray(0, 2 * 512 * seed)]);
  turned.copy(bytes, start + from);
  writeFileSync(file, bytes);
  renameSync(`${folder}.part`, folder);
  return folder;
}

function fresh(work: string, name: string): string {
  for (const folder of [join(work, name), join(work, 'cache', name)]) rmSync(folder, { recursive: true, force: true });
  return join(work, name);
}

interface Command {
  args: string[];
  env: NodeJS.ProcessEnv;
}

function start({ args, env }: Command) {
  const entry = join(import.meta.dirname, '../bin/run.js');
  return spawn(process.execPath, [entry, ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function finish(command: Command): Promise<void> {
  const child = start(command);
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${command.args.join(' ')} ended with ${code}.`);
}

async function killAfter(command: Command, milliseconds: number): Promise<void> {
  const child = start(command);
  const ended = new Promise((resolve) => child.on('close', resolve));
  await setTimeout(milliseconds);
  child.kill('SIGKILL');
  await ended;
}

async function loopOfLmEval(folders: readonly string[], data: string, documents: number): Promise<void> {
  const options = { python: flags.python, data, threads: availableParallelism(), shots: 0 };
  for (const folder of folders) {
    const peer = await startLmEval(options, folder);
    for (const task of tasks) await peer.ask({ task, documents, batchSize: Number(flags['batch-size']) });
    await peer.close();
  }
}

async function timed(revisions: number, work: () => Promise<void>): Promise<Figure> {
  const started = performance.now();
  await work();
  return { revisions, seconds: (performance.now() - started) / 1000 };
}

function read(work: string, part: string): Figure | undefined {
  const file = join(work, `${part}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function figuresTable(work: string, parts: readonly string[]): string {
  const figures = parts.flatMap((part) => {
    const figure = read(work, part);
    return figure ? [{ part, ...figure, each: figure.seconds / figure.revisions }] : [];
  });
  const sweep = figures.find(({ part }) => part === 'sweep');
  const rows = figures.map(({ part, revisions, seconds, each }) => {
    const ratio = sweep ? (each / sweep.each).toFixed(2) : '';
    return [part, String(revisions), seconds.toFixed(0), each.toFixed(1), ratio];
  });
  return table(['', 'revisions', 'seconds', 'a revision', 'of the sweep'], rows);
}

/** Whether runs wrote the same: samples to the byte, results but for times, memory and the command. */
function compare(work: string, names: readonly string[]): string {
  const [first, ...others] = names.filter((name) => existsSync(join(work, name))).map((name) => written(work, name));
  if (!first || others.length === 0) return 'Nothing to compare.';
  const different = [...first.keys()].filter((file) => others.some((other) => other.get(file) !== first.get(file)));
  const counts = new Set([first, ...others].map(({ size }) => size));
  return different.length === 0 && counts.size === 1
    ? `The same ${first.size} files of ${others.length + 1} runs.`
    : `Different: ${different.join(', ') || `${[...counts].join(' and ')} files`}.`;
}

/** By name without its time, the files of a run; of results what does not change from run to run. */
function written(work: string, name: string): Map<string, string> {
  const files = globSync('*/*.{json,jsonl}', { cwd: join(work, name) }).filter(
    (file) => !basename(file).startsWith('.'),
  );
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(work, name, file), 'utf8');
      const key = file.replace(/_\d{4}-\d\d-\d\dT[\d.-]+(?=\.)/, '');
      if (file.endsWith('.jsonl')) return [key, text];
      const { results, configs, versions, task_hashes, hon_eval } = JSON.parse(text);
      return [
        key,
        JSON.stringify({ results, configs, versions, task_hashes, model: hon_eval.model, tasks: hon_eval.tasks }),
      ];
    }),
  );
}

main().catch(fail);
