import { createHash } from 'node:crypto';
import { HonEvalError } from '../../errors.ts';
import type { RunRecord, TaskRecord } from '../../harness/record/run_record.ts';
import { outputError, prepareFolder } from '../../output/output_folder.ts';
import { PendingFiles } from '../../output/pending_files.ts';
import { dumps } from '../../python/write_json.ts';
import { runFolder, runPaths } from '../paths.ts';
import { buildResults } from './results_file.ts';
import { type SampleOptions, sampleHashes, sampleLine } from './sample_line.ts';

export interface WrittenRun {
  /** As the results file has it: with the seconds that writing the samples took. */
  record: RunRecord;
  resultsFile: string;
  /** One a benchmark, in the record's order. */
  sampleFiles: string[];
}

export interface WriteOptions {
  signal?: AbortSignal;
  /** Whether the rows of confidential tasks are written in clear text; else samples have hashes of them. */
  reveal?: boolean;
}

/**
 * Makes the folder that a model's files will be written to, so that a run that could not be written fails before its
 * work. Throws an `output` error.
 */
export async function prepareOutput(output: string, modelName: string): Promise<void> {
  await prepareFolder(runFolder(output, modelName));
}

/**
 * Writes samples_*.jsonl and results_*.json, the latter last; after a failure or an abort none of them exists. Throws
 * a `numeric` error for a score that is not finite, an `output` error where the folder cannot be written to.
 *
 * @param output a folder, or a file that ends in `.json`
 */
export async function writeRun(record: RunRecord, output: string, options: WriteOptions = {}): Promise<WrittenRun> {
  const { signal, reveal = false } = options;
  record.tasks.forEach(checkFinite);
  await prepareOutput(output, record.model.name);
  const paths = runPaths(output, record.model.name, record.startedAt.getTime() + record.totalSeconds * 1000);
  const files = new PendingFiles();
  try {
    const start = performance.now();
    const taskHashes: Record<string, string> = {};
    for (const scored of record.tasks) {
      const hash = createHash('sha256');
      await files.write(
        paths.samples(scored.task.name),
        sampleLines(scored, hash, { reveal, generation: record.generation }),
        signal,
      );
      taskHashes[scored.task.name] = hash.digest('hex');
    }
    const stageSeconds = { ...record.stageSeconds, write: (performance.now() - start) / 1000 };
    const written = { ...record, stageSeconds };
    await files.write(paths.results, [dumps(buildResults(written, taskHashes), 2)], signal);
    await files.publish();
    const sampleFiles = record.tasks.map(({ task }) => paths.samples(task.name));
    return { record: written, resultsFile: paths.results, sampleFiles };
  } catch (error) {
    await files.discard();
    signal?.throwIfAborted();
    throw outputError(error, paths.folder);
  }
}

/** Lines of a samples file; feeds `hash` what lm-evaluation-harness's `task_hashes` are made of. */
function* sampleLines(
  { task, documents }: TaskRecord,
  hash: { update(text: string): unknown },
  options: SampleOptions,
): Generator<string> {
  for (const document of documents) {
    const hashes = sampleHashes(document);
    hash.update(hashes.doc + hashes.prompt + hashes.target);
    yield `${sampleLine(document, task, hashes, options)}\n`;
  }
}

function checkFinite({ task, documents }: TaskRecord): void {
  for (const { document, scores } of documents) {
    const choice = scores.findIndex(({ logLikelihood }) => !Number.isFinite(logLikelihood));
    if (choice >= 0)
      throw new HonEvalError(
        'numeric',
        `Cannot write the results of ${task.name}: expected a finite log-likelihood for choice ${choice} of document ` +
          `${document.index}, got ${scores[choice].logLikelihood}. Check the checkpoint's weights, or compute in float32.`,
      );
  }
}
