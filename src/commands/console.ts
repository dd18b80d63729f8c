import type { RunListener } from '../harness/open_run.ts';
import type { RunRecord } from '../harness/record/run_record.ts';
import type { RetrofitProgress } from '../harness/retrofit.ts';
import type { DownloadProgress } from '../hub/types.ts';
import { Progress, type ProgressSink } from '../output/progress.ts';

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
 */
export function consoleListener(
  sink: ProgressSink,
  quiet: boolean,
  labels: ReadonlyMap<string, string>,
  unit = 'documents',
): RunListener & { close(): void } {
  if (quiet) return { notice() {}, download() {}, progress() {}, close() {} };
  const progress = new Progress(sink);
  return {
    notice: (message) => progress.notice(message),
    close: () => progress.close(),
    download: (download) => showDownload(progress, download),
    progress(model, task, done, total) {
      const label = [...(labels.has(model) ? [labels.get(model)] : []), task.name].join('  ');
      const format = (rate: number) => `${done}/${total} ${unit}, ${rate.toFixed(rate < 10 ? 1 : 0)} ${unit}/s`;
      progress.update(label, done, total, done ? format : () => `0/${total} ${unit}`);
    },
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

function showDownload(progress: Progress, { repo, loaded, total }: DownloadProgress): void {
  showBytes(progress, `download ${repo}`, loaded, total);
}

function showBytes(progress: Progress, label: string, done: number, total: number): void {
  const megabytes = (bytes: number) => (bytes / mebibyte).toFixed(1);
  const amount = `${megabytes(done)}/${megabytes(total)} MiB`;
  progress.update(label, done, total, (rate) => `${amount}, ${megabytes(rate)} MiB/s`);
}
