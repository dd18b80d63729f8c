/**
 * All revisions of a training run by one command, against one command a revision and against lm-evaluation-harness: the
 * table of docs/benchmarks.md. The revisions are of a random Pythia-70M, on a hub on this machine.
 *
 *     node bench/sweep.ts --python PYTHON --data FOLDER --tokenizer tokenizer.json [--revisions 20] [--documents 100]
 *         [--peer-revisions 20] [--batch-sizes 4,8,16] [--search-documents 20] [--work FOLDER] [--fresh]
 *
 * Of a built tree. What was measured is kept, and the same command goes on from there; with fewer `--peer-revisions` it
 * prints the table of those that are there.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startLmEval } from './measure.ts';
import type { Scored, Timing } from './peer.ts';
import { checkPaths, commonFlags, fail, makeCheckpoint, positive, tell } from './setup.ts';
import { Steps } from './steps.ts';
import { dataFolder, hubOf, makeRevision } from './sweep_inputs.ts';
import { describeDifference, logLikelihoods, stageSeconds, waysTable } from './sweep_results.ts';
import { searchBatchSizes } from './turns.ts';

const tasks = ['arc_challenge', 'arc_easy', 'hellaswag', 'logiqa', 'piqa', 'sciq'];
const repo = 'bench/pythia-70m';
const kills = 3;

const { values: flags } = parseArgs({
  options: {
    ...commonFlags,
    revisions: { type: 'string', default: '20' },
    documents: { type: 'string', default: '100' },
    'peer-revisions': { type: 'string' },
    'batch-sizes': { type: 'string', default: '4,8,16' },
    'search-documents': { type: 'string', default: '20' },
    fresh: { type: 'boolean', default: false },
  },
});

interface Figure {
  seconds: number;
}

/** Of runs of hon-eval: the seconds of their stages, which overlap. */
interface RunFigure extends Figure {
  stages: Record<string, number>;
}

interface PeerFigure extends Figure {
  /** The largest difference of a log-likelihood from hon-eval's. */
  difference: number;
}

async function main(): Promise<void> {
  checkPaths(flags.data, flags.tokenizer);
  const [revisions, documents] = [positive('revisions', flags.revisions), positive('documents', flags.documents)];
  const peerRevisions = positive('peer-revisions', flags['peer-revisions'] ?? flags.revisions);
  const work = join(resolve(flags.work), `sweep-${revisions}-${documents}`);
  const steps = await Steps.open(work, { revisions, documents }, flags.fresh);
  const base = await makeCheckpoint('70m', 'float16', flags);
  const data = dataFolder(join(work, 'data'), flags.data, tasks, documents);
  const names = Array.from({ length: revisions }, (_, i) => `step${1000 * (i + 1)}`);
  const folders = names.map((name, i) => makeRevision(base, join(work, 'revisions', name), i));
  const hub = await hubOf(repo, folders);

  /** A part of the measurement that begins with an empty output folder and an empty cache. */
  const part = async <F extends Figure>(name: string, measure: (command: Command) => Promise<F>): Promise<F> => {
    const figure = await steps.take(name.replace('/', '-'), async () => {
      tell(`${name} …`);
      const [output, cache] = [join(work, 'output', name), join(work, 'cache')];
      const clear = (folder: string) => rmSync(folder, { recursive: true, force: true });
      clear(output);
      clear(cache);
      const env = { ...process.env, HF_ENDPOINT: hub.url, HF_HOME: cache };
      const measured = await measure({ data, documents, output, env });
      clear(cache);
      return measured;
    });
    tell(`${name}: ${figure.seconds.toFixed(1)} s`);
    return figure;
  };

  try {
    const sweep = await part('sweep', (command) => timedRun(`${repo}@step*`, command));
    const singles: RunFigure[] = [];
    for (const name of names)
      singles.push(await part(`single/${name}`, (command) => timedRun(`${repo}@${name}`, command)));
    const killed = await part('killed', (command) => killedRun(`${repo}@step*`, command, sweep.seconds));
    const batchSizes = await steps.take('batch-sizes', () => findBatchSizes(folders[0], data, documents));
    const peers: PeerFigure[] = [];
    for (const [i, name] of names.slice(0, peerRevisions).entries())
      peers.push(
        await part(`lm-eval/${name}`, () =>
          timedPeer(folders[i], batchSizes, join(work, 'output/single', name), data, documents),
        ),
      );
    console.log(
      waysTable([
        { name: 'one command', revisions, seconds: sweep.seconds },
        { name: `the same, killed ${kills} times on the way`, revisions, seconds: killed.seconds },
        { name: 'a command a revision', revisions, seconds: total(singles) },
        { name: 'lm-evaluation-harness, a process a revision', revisions: peers.length, seconds: total(peers) },
      ]),
    );
    const used = tasks.map((task, i) => `${task} ${batchSizes[i]}`);
    console.log(`\nBatch sizes of lm-evaluation-harness: ${used.join(', ')}.`);
    const largest = Math.max(...peers.map(({ difference }) => difference));
    console.log(`Largest difference of a log-likelihood: ${largest.toExponential(1)}.`);
    console.log(describeDifference(['sweep', 'killed', 'single'].map((name) => join(work, 'output', name))));
    console.log(describeStages('One command', sweep.seconds, sweep.stages));
    const alone = singles.reduce((sum, { stages }) => sum + stages.score, 0);
    console.log(`${share(sweep.seconds, alone)} beside what the model computes for where nothing goes on beside it.`);
  } finally {
    await hub.close();
  }
}

/** What a run of hon-eval takes beside the name of its model. */
interface Command {
  data: string;
  documents: number;
  output: string;
  env: NodeJS.ProcessEnv;
}

function start(model: string, { data, documents, output, env }: Command) {
  const entry = join(import.meta.dirname, '../bin/run.js');
  const args = ['run', '-m', model, '-t', tasks.join(), '--data', data, '--limit', `${documents}`, '-o', output, '-q'];
  const child = spawn(process.execPath, [entry, ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return { child, ended: once(child, 'close') as Promise<[code: number | null, signal: string | null]> };
}

async function finish(model: string, command: Command): Promise<void> {
  const [code, signal] = await start(model, command).ended;
  if (code !== 0) throw new Error(`The run of ${model} ended with ${code ?? signal}.`);
}

async function timedRun(model: string, command: Command): Promise<RunFigure> {
  const figure = await timed(() => finish(model, command));
  return { ...figure, stages: stageSeconds(command.output) };
}

/** A run that is killed each time that another part of its work is done, and started again. */
async function killedRun(model: string, command: Command, seconds: number): Promise<Figure> {
  return timed(async () => {
    for (let i = 0; i < kills; i++) {
      const { child, ended } = start(model, command);
      await setTimeout((1000 * seconds) / (kills + 1));
      child.kill('SIGKILL');
      const [, signal] = await ended;
      if (signal !== 'SIGKILL') throw new Error('The run that was to be killed had ended.');
    }
    await finish(model, command);
  });
}

/** lm-evaluation-harness's fastest batch size for each task. */
async function findBatchSizes(folder: string, data: string, documents: number): Promise<string[]> {
  const searches = await searchBatchSizes(() => startLmEval(peerOptions(data), folder), {
    what: 'lm-eval',
    tasks,
    batchSizes: flags['batch-sizes'].split(','),
    documents: Math.min(documents, positive('search-documents', flags['search-documents'])),
    warmUpDocuments: 4,
  });
  return searches.map((seconds) => Object.keys(seconds).reduce((a, b) => (seconds[b] < seconds[a] ? b : a)));
}

/** lm-evaluation-harness in a process of its own, from its start to its end, on a folder: nothing is downloaded. */
async function timedPeer(
  folder: string,
  batchSizes: readonly string[],
  output: string,
  data: string,
  documents: number,
): Promise<PeerFigure> {
  const scores: number[][] = [];
  const figure = await timed(async () => {
    const peer = await startLmEval(peerOptions(data), folder);
    for (const [i, task] of tasks.entries()) {
      const question = { task, documents, batchSize: batchSizes[i] };
      scores.push((await peer.ask<Scored<Timing>>(question)).logLikelihoods);
    }
    await peer.close();
  });
  const differences = tasks.flatMap((task, t) => {
    const ours = logLikelihoods(output, task);
    if (ours.length !== scores[t].length)
      throw new Error(`${task}: lm-evaluation-harness scored ${scores[t].length} requests, hon-eval ${ours.length}.`);
    return ours.map((value, i) => Math.abs(value - scores[t][i]));
  });
  return { ...figure, difference: Math.max(...differences) };
}

function peerOptions(data: string) {
  return { python: flags.python, data, threads: availableParallelism(), shots: 0 };
}

async function timed(work: () => Promise<void>): Promise<Figure> {
  const started = performance.now();
  await work();
  return { seconds: (performance.now() - started) / 1000 };
}

function total(figures: readonly Figure[]): number {
  return figures.reduce((sum, { seconds }) => sum + seconds, 0);
}

function describeStages(what: string, seconds: number, stages: Record<string, number>): string {
  const parts = Object.entries(stages).filter(([stage]) => stage !== 'total');
  const told = parts.map(([stage, spent]) => `${stage} ${spent.toFixed(1)} s`);
  return `${what}: ${seconds.toFixed(1)} s, of which ${told.join(', ')}; ${share(seconds, stages.score)} beside scoring.`;
}

/** The part of a time in which a model does not compute. */
function share(seconds: number, computing: number): string {
  return `${(100 * (1 - computing / seconds)).toFixed(1)} %`;
}

await main().catch(fail);
