import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { HonEvalError } from '../../errors.ts';
import type { RunRecord, TaskRecord } from '../../harness/record/run_record.ts';
import type { ScoredDocument } from '../../harness/record/scored.ts';
import type { Task } from '../../harness/task/task.ts';
import { outputError, prepareFolder } from '../../output/output_folder.ts';
import { PendingFiles, removeLeftovers } from '../../output/pending_files.ts';
import { dumps } from '../../python/write_json.ts';
import { runFolder, runPaths } from '../paths.ts';
import { buildResults } from './results_file.ts';
import { type SampleOptions, sampleHashes, sampleLine } from './sample_line.ts';

export interface RunFiles {
  /** As the results file has it: with the seconds that writing the samples took. */
  record: RunRecord;
  resultsFile: string;
  /** One a benchmark, in the record's order. */
  sampleFiles: string[];
}

export interface WriteOptions {
  /** Whether the rows of confidential tasks are written in clear text; else samples have hashes of them. */
  reveal?: boolean;
  /** Of benchmarks whose samples are written already, their hashes; those of the others are added. */
  taskHashes?: Map<string, string>;
}

/**
 * Makes the folder that a model's files will be written to, so that a run that could not be written fails before its
 * work, and clears away what dead processes have left there. Throws an `output` error.
 */
export async function prepareOutput(output: string, modelName: string): Promise<void> {
  const folder = runFolder(output, modelName);
  await prepareFolder(folder);
  await removeLeftovers(folder);
}

/**
 * The files of a run that are there already, whole and of the same command: what wrote them need not be done again.
 * Nothing where they are not.
 */
export async function findWritten(record: RunRecord, output: string): Promise<RunFiles | undefined> {
  const { results, sampleFiles } = filesOf(record, output);
  if (![results, ...sampleFiles].every((file) => existsSync(file))) return undefined;
  const hon_eval = parseBlock(await readFile(results, 'utf8'));
  const same = isDeepStrictEqual(hon_eval?.command, record.command);
  const complete = record.tasks.every(({ task }) => Object.hasOwn(hon_eval?.tasks ?? {}, task.name));
  return same && complete ? { record, resultsFile: results, sampleFiles } : undefined;
}

/** What hon-eval says in a results file; nothing where the file is damaged, so that it is written anew. */
function parseBlock(text: string) {
  try {
    return JSON.parse(text)?.hon_eval;
  } catch {
    return undefined;
  }
}

/**
 * Writes samples_*.jsonl and results_*.json, the latter last and in the place of an earlier one; after a failure nothing
 * of it is there. Throws a `numeric` error for a score that is not finite, an `output` error where the
 * folder cannot be written to.
 *
 * @param output a folder, or a file that ends in `.json`
 */
export async function writeRun(record: RunRecord, output: string, options: WriteOptions = {}): Promise<RunFiles> {
  const { reveal = false, taskHashes = new Map<string, string>() } = options;
  await prepareOutput(output, record.model.name);
  const paths = filesOf(record, output);
  const files = new PendingFiles();
  const added: [task: string, hash: string][] = [];
  try {
    const start = performance.now();
    for (const scored of record.tasks.filter(({ task }) => !taskHashes.has(task.name))) {
      const hash = createHash('sha256');
      const lines = sampleLines(scored, hash, { reveal, generation: record.generation });
      await files.write(paths.samples(scored.task.name), lines);
      added.push([scored.task.name, hash.digest('hex')]);
    }
    const stageSeconds = { ...record.stageSeconds, write: (performance.now() - start) / 1000 };
    const written = { ...record, stageSeconds };
    const known = new Map([...taskHashes, ...added]);
    const hashes = Object.fromEntries(record.tasks.map(({ task }) => [task.name, known.get(task.name)!]));
    await files.write(paths.results, [dumps(buildResults(written, hashes), 2)]);
    await files.publish();
    for (const [task, hash] of added) taskHashes.set(task, hash);
    return { record: written, resultsFile: paths.results, sampleFiles: paths.sampleFiles };
  } catch (error) {
    await files.discard();
    throw outputError(error, paths.folder);
  }
}

/** They are called by the time at which the run was begun, so that one that goes on writes the same files. */
function filesOf({ model, startedAt, tasks }: RunRecord, output: string) {
  const paths = runPaths(output, model.name, startedAt.getTime());
  return { ...paths, sampleFiles: tasks.map(({ task }) => paths.samples(task.name)) };
}

/** Lines of a samples file; feeds `hash` what lm-evaluation-harness's `task_hashes` are made of. */
function* sampleLines(
  { task, documents }: TaskRecord,
  hash: { update(text: string): unknown },
  options: SampleOptions,
): Generator<string> {
  for (const document of documents) {
    checkFinite(task, document);
    const hashes = sampleHashes(document);
    hash.update(hashes.doc + hashes.prompt + hashes.target);
    yield `${sampleLine(document, task, hashes, options)}\n`;
  }
}

function checkFinite({ name }: Task, { document, scores }: ScoredDocument): void {
  const choice = scores.findIndex(({ logLikelihood }) => !Number.isFinite(logLikelihood));
  if (choice < 0) return;
  throw new HonEvalError(
    'numeric',
    `Cannot write the results of ${name}: expected a finite log-likelihood for choice ${choice} of document ` +
      `${document.index}, got ${scores[choice].logLikelihood}. Check the checkpoint's weights, or compute in float32.`,
  );
}
