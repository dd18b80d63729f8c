import path from 'node:path';
import { prepareFolder } from '../../output/output_folder.ts';
import { writeWhole } from '../../output/pending_files.ts';
import { sanitize } from '../../results/paths.ts';
import type { LoggedCheckpoint, Tracker } from './logged_run.ts';
import { eventFile } from './tfevents.ts';

const flag = '--log';

/**
 * One folder a run under the log folder, one event file a results file: sending it again replaces it, and whatever else
 * is in the folder stays. TensorBoard reads the files in the order of their names, which is that of the steps.
 */
export const tensorboard: Tracker = {
  async send(checkpoints, place = 'tensorboard') {
    for (const checkpoint of checkpoints) {
      const folder = path.join(place, sanitize(checkpoint.run));
      await prepareFolder(folder, flag);
      const { name } = path.parse(checkpoint.file);
      const file = `events.out.tfevents.${String(checkpoint.step).padStart(12, '0')}.hon-eval.${name}`;
      await writeWhole(path.join(folder, file), [eventFile([eventOf(checkpoint)])], { flag });
    }
  },
};

function eventOf({ date, step, metrics, settings }: LoggedCheckpoint) {
  const rows = [...Object.entries(settings), ...Object.entries(metrics)].map(([name, value]) => [name, String(value)]);
  const lines = rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  return { date, step, scalars: metrics, texts: { results: ['| | |', '|---|---|', ...lines].join('\n') } };
}
