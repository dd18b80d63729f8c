/** Kills real runs at random moments until they are done, and compares what they leave with an undisturbed run's. */
import { spawn } from 'node:child_process';
import { existsSync, type FSWatcher, mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeCheckpoint } from '../commands/checkpoint.ts';
import { honEval, resultsBelow } from '../commands/program.ts';
import { writeChainModel } from '../harness/generate/chain_model.ts';
import { randomNumbers } from '../model/tiny_checkpoint.ts';

export const commands = ['run', 'generate'] as const;
export type TorturedCommand = (typeof commands)[number];

const program = join(import.meta.dirname, '../../bin/run.js');

/** Writes a model and rows for a command into a folder, and gives the arguments that run it there. */
export function prepareVictim(command: TorturedCommand, folder: string, rows: number): string[] {
  mkdirSync(join(folder, 'rows'), { recursive: true });
  const write = (name: string, row: (i: number) => object) => {
    const lines = Array.from({ length: rows }, (_, i) => `${JSON.stringify(row(i))}\n`);
    writeFileSync(join(folder, 'rows', `${name}.jsonl`), lines.join(''));
  };
  const data = ['--data', 'rows', '--model', 'model', '--quiet'];
  if (command === 'run') {
    writeCheckpoint(join(folder, 'model'));
    write('piqa', (i) => ({ goal: `reach ${i} by foot`, sol1: `walk ${i} steps`, sol2: 'sit down', label: i % 2 }));
    write('sciq', (i) => ({
      question: `What is ${i} and one?`,
      distractor1: `${i}`,
      distractor2: `${i + 2}`,
      distractor3: 'none',
      correct_answer: `${i + 1}`,
      support: i % 3 ? '' : 'Adding one is counting on.',
    }));
    return ['run', ...data, '--tasks', 'piqa,sciq', '--batch-tokens', '512'];
  }
  writeChainModel(join(folder, 'model'), { '?': ['4', 'a'], '4': [''], a: ['a', 'a', '4'] });
  write('aime24', (i) => ({ problem: `What is ${i}?`, answer: String(i % 5).padStart(3, '0') }));
  write('math_500', (i) => ({
    problem: `${i}?`,
    solution: 'Look.',
    answer: '4',
    subject: 'Algebra',
    level: 1 + (i % 5),
  }));
  const sampling = ['--samples', '2', '--temperature', '1', '--max-new-tokens', '20', '--batch-size', '4'];
  return ['generate', ...data, '--tasks', 'aime24,math_500', ...sampling];
}

/** Files by their names without times, with what differs from one undisturbed run to the next left out. */
export function contentOf(output: string): Record<string, string> {
  const withoutTime = (file: string) => file.replace(/_\d{4}-\d\d-\d\dT[\d.-]+(?=\.jsonl?$)/, '');
  const read = (file: string) => {
    const text = readFileSync(join(output, file), 'utf8');
    return /results_[^/]*\.json$/.test(file) ? withoutTimes(JSON.parse(text)) : text;
  };
  return Object.fromEntries(resultsBelow(output).map((file) => [withoutTime(file), read(file)]));
}

function withoutTimes({ date, total_evaluation_time_seconds, hon_eval, ...results }: Record<string, unknown>): string {
  const { started_at, seconds, memory_bytes, command, ...block } = hon_eval as Record<string, unknown>;
  return JSON.stringify({ ...results, hon_eval: block });
}

export interface Torture {
  command: TorturedCommand;
  /** Exists and is empty. */
  folder: string;
  /** How often a process is killed. */
  kills: number;
  /** Rows of each of two benchmarks. */
  rows: number;
  seed: number;
  onKill?(kills: number): void;
}

/**
 * Starts the command again and again, and kills it: after a random time, or at a random change of the folder that
 * results are written to. Whenever it comes through, what it wrote is compared and it begins from nothing.
 * @returns how often it came through.
 */
export async function torture({ command, folder, kills, rows, seed, onKill }: Torture): Promise<number> {
  const args = prepareVictim(command, folder, rows);
  const started = performance.now();
  const outcome = await honEval([...args, '--output', 'whole'], { cwd: folder, patience: 60_000 + 500 * rows });
  const usual = performance.now() - started;
  // Other work may come to share the machine.
  const patience = Math.ceil(60_000 + 10 * usual);
  if (outcome.exitCode !== 0) throw new Error(outcome.stderr);
  const expected = contentOf(join(folder, 'whole'));
  const random = randomNumbers(seed);
  const uniform = () => (random() + 1) / 2;
  const output = join(folder, 'killed');
  const victim = [...args, '--output', 'killed'];
  let done = 0;
  let whole = 0;
  const compare = () => {
    const content = contentOf(output);
    for (const name of new Set([...Object.keys(expected), ...Object.keys(content)]))
      if (content[name] !== expected[name])
        throw new Error(`${name} of ${output} is not that of an undisturbed run, after ${done} kills (seed ${seed}).`);
    rmSync(output, { recursive: true });
    whole++;
  };
  while (done < kills) {
    const limit = done % 2 ? { changes: 1 + Math.floor(uniform() * 8) } : { milliseconds: uniform() * usual * 1.2 };
    const { killed, stderr } = await runUntil(victim, folder, join(output, 'model'), { ...limit, patience });
    if (killed) onKill?.(++done);
    else if (stderr) throw new Error(stderr);
    else compare();
  }
  const last = await honEval(victim, { cwd: folder, patience });
  if (last.exitCode !== 0) throw new Error(last.stderr);
  compare();
  return whole;
}

interface Limit {
  milliseconds?: number;
  /** Of the folder of results: a file that appears, or gets its name. */
  changes?: number;
  /** Milliseconds after which a process that neither ended nor came to its limit counts as one that hangs. */
  patience: number;
}

function runUntil(args: string[], cwd: string, results: string, limit: Limit) {
  return new Promise<{ killed: boolean; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    const kill = () => child.kill('SIGKILL');
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const timer = limit.milliseconds === undefined ? undefined : setTimeout(kill, limit.milliseconds);
    const hanging = setTimeout(() => {
      kill();
      reject(new Error(`Expected ${args.join(' ')} to end within ${limit.patience} ms.`));
    }, limit.patience);
    let left = limit.changes ?? Number.POSITIVE_INFINITY;
    let watcher: FSWatcher | undefined;
    // The folder is made by the process.
    const looking = setInterval(() => {
      if (watcher || !existsSync(results)) return;
      watcher = watch(results, () => {
        if (--left === 0) kill();
      }).on('error', () => {});
    }, 20);
    child.on('error', reject).on('close', (code, signal) => {
      clearTimeout(timer);
      clearTimeout(hanging);
      clearInterval(looking);
      watcher?.close();
      resolve({ killed: signal === 'SIGKILL', stderr: code === 0 ? '' : stderr });
    });
  });
}
