import type { RunListener } from '../harness/run.ts';
import { Progress, type ProgressSink } from './progress.ts';

const mebibyte = 2 ** 20;

/**
 * Tells a run's progress on `sink`, usually stderr.
 * @param quiet Tell nothing.
 * @param nameModels Say which model each line is of.
 */
export function consoleListener(
  sink: ProgressSink,
  quiet: boolean,
  nameModels: boolean,
): RunListener & { close(): void } {
  if (quiet) return { notice() {}, download() {}, progress() {}, close() {} };
  const progress = new Progress(sink);
  return {
    notice: (message) => progress.notice(message),
    close: () => progress.close(),
    download({ repo, loaded, total }) {
      const megabytes = (bytes: number) => (bytes / mebibyte).toFixed(1);
      const amount = `${megabytes(loaded)}/${megabytes(total)} MiB`;
      progress.update(`download ${repo}`, loaded, total, (rate) => `${amount}, ${megabytes(rate)} MiB/s`);
    },
    progress(model, task, done, total) {
      const label = nameModels ? `${model}  ${task.name}` : task.name;
      const format = (rate: number) => `${done}/${total} documents, ${rate.toFixed(rate < 10 ? 1 : 0)} documents/s`;
      progress.update(label, done, total, done ? format : () => `0/${total} documents`);
    },
  };
}
