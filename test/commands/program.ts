/** The built program, run as a user runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { afterAll } from 'vitest';
import type { JsonObject } from '../../src/json.ts';

const builtEntry = join(import.meta.dirname, '../../bin/run.js');

export interface Outcome {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  cwd?: string;
  /** Another copy of the program. */
  entry?: string;
  /** Beside PATH and a switched-off network, which is all that the program gets. */
  env?: Record<string, string>;
  /** Called with all of stderr so far, whenever there is more. */
  onStderr?(stderr: string, child: ChildProcess): void;
  /** Milliseconds after which the program is killed, and has no exit code. */
  patience?: number;
}

export function honEval(
  args: string[],
  { cwd, env, onStderr, entry = builtEntry, patience = 50_000 }: ProgramOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const { PATH = '', SystemRoot = '' } = process.env;
    const child = spawn(process.execPath, [entry, ...args], {
      cwd,
      env: {
        PATH,
        SystemRoot,
        HOME: tmpdir(),
        HF_HOME: join(tmpdir(), 'hon-eval-nowhere'),
        HF_HUB_OFFLINE: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: patience,
      killSignal: 'SIGKILL',
    });
    const outcome: Outcome = { exitCode: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      outcome.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      outcome.stderr += text;
      onStderr?.(outcome.stderr, child);
    });
    child.on('error', reject).on('close', (exitCode) => resolve({ ...outcome, exitCode }));
  });
}

/** A folder that is gone after the tests of the file. */
export async function sharedFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hon-eval-commands-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** All files below a folder, hidden ones included, as sorted relative paths; none where there is no such folder. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(folder.length + 1))
    .sort();
}

/** What a run wrote for others to read: all files but its journals. */
export function resultsBelow(folder: string): string[] {
  return filesBelow(folder).filter((file) => !file.split(sep).includes('journal'));
}

/** As much of a results file as the tests look at. */
export interface ResultsFile {
  results: Record<string, Record<string, number>>;
  hon_eval: { backend: JsonObject };
}

export interface WrittenFiles {
  results: ResultsFile;
  /** The samples files' text by benchmark. */
  samples: Map<string, string>;
}

/** What one run wrote for a model. */
export function written(output: string, model: string): WrittenFiles {
  const folder = join(output, model);
  const files = resultsBelow(folder);
  const results = files.filter((file) => file.startsWith('results_'));
  if (results.length !== 1) throw new Error(`Expected one results file in ${folder}, found ${files.join(', ')}.`);
  const samples = new Map<string, string>();
  for (const file of files) {
    const task = /^samples_(.*)_\d{4}-\d\d-\d\dT[\d.-]+\.jsonl$/.exec(file)?.[1];
    if (task) samples.set(task, readFileSync(join(folder, file), 'utf8'));
  }
  return { results: JSON.parse(readFileSync(join(folder, results[0]), 'utf8')), samples };
}

/** The values of a JSON Lines file. */
export function parseLines(text: string) {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** Log-likelihoods of a samples file, one list a document. */
export function logLikelihoods(samples: string): number[][] {
  return parseLines(samples).map(({ filtered_resps: responses }) =>
    responses.map(([value]: [string]) => Number(value)),
  );
}
