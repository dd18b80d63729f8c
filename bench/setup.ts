/** What both benchmarks need before they measure. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Dtype } from '../src/backend/backend.ts';
import { HonEvalError } from '../src/errors.ts';
import { quiet } from './peer.ts';

const shared = resolve(process.env.HON_EVAL_SHARED ?? join(import.meta.dirname, '../../shared'));

/** What every benchmark lets its user say: where things are, how often it measures, and where the results go. */
export const commonFlags = {
  data: { type: 'string', default: join(shared, 'data') },
  tokenizer: { type: 'string', default: join(shared, 'tokenizers/gpt-neox-20b.json') },
  python: { type: 'string', default: 'python3' },
  work: { type: 'string', default: join(tmpdir(), 'hon-eval-bench') },
  repeats: { type: 'string', default: '3' },
  out: { type: 'string' },
} as const;

/** Writes results as JSON, and as Markdown beside it. */
export async function saveResults(out: string | undefined, results: object, markdown: string): Promise<void> {
  if (!out) return;
  await writeFile(out, `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(out.replace(/(\.json)?$/, '.md'), `${markdown}\n`);
}

/** Throws a `usage` error where one of the paths that the user may name is missing. */
export function checkPaths(...paths: string[]): void {
  const missing = paths.find((path) => !existsSync(path));
  if (missing) throw new HonEvalError('usage', `There is no ${missing}; name --data and --tokenizer.`);
}

export function positive(flag: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new HonEvalError('usage', `--${flag} takes whole numbers from 1, not "${text}".`);
}

export function oneOf<T extends string>(flag: string, text: string, known: readonly T[]): T {
  const found = known.find((name) => name === text);
  if (found) return found;
  throw new HonEvalError('usage', `--${flag} takes ${known.join(', ')}, not "${text}".`);
}

/** What a checkpoint is made with, and where. */
export interface CheckpointTools {
  work: string;
  tokenizer: string;
  python: string;
}

/** The folder of a random checkpoint, made unless an earlier run did. */
export async function makeCheckpoint(shape: string, dtype: Dtype, tools: CheckpointTools): Promise<string> {
  const { work, tokenizer, python } = tools;
  const folder = join(work, dtype === 'float32' ? `pythia-${shape}` : `pythia-${shape}-${dtype}`);
  if (existsSync(folder)) return folder;
  await mkdir(work, { recursive: true });
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  const script = join(import.meta.dirname, 'checkpoint.py');
  const env = { ...process.env, ...quiet };
  execFileSync(python, [script, shape, unfinished, tokenizer, dtype], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  await rename(unfinished, folder);
  return folder;
}

/** Ends the process with the status of what went wrong, at once: the other side ends when its questions do. */
export function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(error instanceof HonEvalError ? error.exitCode : 1);
}

/** Where a run is. No figures here: none are told before they are checked. */
export function tell(message: string): void {
  console.error(message);
}
