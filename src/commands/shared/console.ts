import type { RunListener } from '../../harness/open_run.ts';
import type { RunRecord } from '../../harness/record/run_record.ts';
import type { RetrofitProgress } from '../../harness/retrofit.ts';
import type { Task } from '../../harness/task/task.ts';
import type { DownloadProgress } from '../../hub/types.ts';
import { plainText } from '../../output/plain_text.ts';
import { Progress, type ProgressSink } from '../../output/progress.ts';
import { fitted, terminalWidth } from '../../output/wrap.ts';

const mebibyte = 2 ** 20;

/** The most memory that the process has held, and the largest model's part of it. */
export function describeMemory(runs: readonly RunRecord[]): string {
  const size = (bytes: number) => `${Math.round(bytes / mebibyte)} MiB`;
  const peak = Math.max(...runs.map(({ memory }) => memory.peak));
  const largest = runs.reduce((a, b) => (b.memory.weights > a.memory.weights ? b : a));
  return `Peak memory: ${size(peak)}, of which ${size(largest.memory.weights)} are weights in ${largest.backend.dtype}`;
}

/**
 * Tells a run's progress on `sink`, usually stderr.
 * @param quiet Tell nothing.
 * @param labels By the model's name, what lines of it begin with.
 * @param unit What is counted.
 * @param together Whether several benchmarks go on at the same time: then the line that is written over counts all.
 */
export function consoleListener(
  sink: ProgressSink,
  quiet: boolean,
  labels: ReadonlyMap<string, string>,
  unit = 'documents',
  together = false,
): RunListener & { close(): void } {
  const nameOf = (model: string, { name }: Task) => (labels.has(model) ? `${labels.get(model)}  ${name}` : name);
  if (quiet) return { notice() {}, download() {}, found() {}, progress() {}, failed: tellFailure(sink), close() {} };
  const progress = new Progress(sink);
  const count = (number: number) => number.toLocaleString('en-US');
  return {
    notice: (message) => progress.notice(message),
    close: () => progress.close(),
    download: (download) => showDownload(progress, download),
    // A terminal sees what takes its time; a plain sink has lines of what is done alone.
    loading: (model) => progress.update(labels.get(model) ?? plainText(model), 0, 1, () => ['loading']),
    found(model, task, done, total) {
      const state = done < total ? `${count(done)} of ${count(total)} ${unit} done` : 'done';
      progress.notice(`${nameOf(model, task)}: ${state}`);
    },
    failed(...failure) {
      progress.close();
      tellFailure(sink)(...failure);
    },
    ...(together ? allTogether(progress, nameOf, unit) : oneByOne(progress, nameOf, unit)),
  };
}

type NameOf = (model: string, task: Task) => string;

/** A line for the benchmark that is being done. */
function oneByOne(progress: Progress, nameOf: NameOf, unit: string): Pick<RunListener, 'progress'> {
  return {
    progress: (model, task, done, total, tokens) =>
      showCount(progress, nameOf(model, task), { done, total, tokens }, unit),
  };
}

/** One line for all, and one that stays for each that is done. */
function allTogether(progress: Progress, nameOf: NameOf, unit: string): Pick<RunListener, 'progress' | 'expected'> {
  const counts = new Map<string, { done: number; total: number }>();
  const show = () => {
    const sum = (of: 'done' | 'total') => [...counts.values()].reduce((all, count) => all + count[of], 0);
    showCount(progress, 'in all', { done: sum('done'), total: sum('total') }, unit);
  };
  return {
    expected(model, tasks) {
      for (const { task, done, total } of tasks) counts.set(`${model} ${task.name}`, { done, total });
    },
    progress(model, task, done, total) {
      counts.set(`${model} ${task.name}`, { done, total });
      if (done === total) progress.notice(`${nameOf(model, task)}: done`);
      show();
    },
  };
}

/** How far what is counted has come; of texts that a model writes, how fast their tokens come tells more. */
function showCount(
  progress: Progress,
  label: string,
  { done, total, tokens }: { done: number; total: number; tokens?: number },
  unit: string,
): void {
  progress.update(label, done, total, (rate, seconds) => {
    const state = `${done}/${total} ${unit}`;
    if (tokens) return [state, perSecond(tokens / seconds, 'tokens'), `${tokens.toLocaleString('en-US')} tokens`];
    return done && tokens === undefined ? [state, perSecond(rate, unit)] : [state];
  });
}

function perSecond(rate: number, unit: string): string {
  return `${rate.toFixed(rate < 10 ? 1 : 0)} ${unit}/s`;
}

/** A sentence on what could not be finished, in the form of those that end a command. */
function tellFailure(sink: ProgressSink): RunListener['failed'] {
  return (model, task, { message }) => {
    const sentence = plainText(task ? message : `${model} is left out: ${message}`);
    sink.write(`${fitted(`hon-eval: ${sentence}`, terminalWidth(sink))}\n`);
  };
}

/** Tells a retrofit's progress on `sink`, usually stderr; nothing where `quiet`. */
export function retrofitListener(sink: ProgressSink, quiet: boolean): RetrofitProgress & { close(): void } {
  if (quiet) return { notice() {}, download() {}, written() {}, close() {} };
  const progress = new Progress(sink);
  return {
    notice: (message) => progress.notice(message),
    close: () => progress.close(),
    download: (download) => showDownload(progress, download),
    written: (done, total) => showBytes(progress, 'write', done, total),
  };
}

/** Tells how far a download is on `sink`, usually stderr. */
export function downloadProgress(sink: ProgressSink): { download(progress: DownloadProgress): void; close(): void } {
  const progress = new Progress(sink);
  return { download: (download) => showDownload(progress, download), close: () => progress.close() };
}

function showDownload(progress: Progress, { repo, loaded, total }: DownloadProgress): void {
  showBytes(progress, `download ${repo}`, loaded, total);
}

function showBytes(progress: Progress, label: string, done: number, total: number): void {
  const megabytes = (bytes: number) => (bytes / mebibyte).toFixed(1);
  const amount = `${megabytes(done)}/${megabytes(total)} MiB`;
  progress.update(label, done, total, (rate) => [amount, `${megabytes(rate)} MiB/s`]);
}
