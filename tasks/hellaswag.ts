import type { Task } from '../src/harness/task/task.ts';
import { capitalize, strip } from '../src/python/text.ts';

/** Which ending continues a scene (Zellers et al. 2019, arXiv:1905.07830); prepared as lm-evaluation-harness does. */
const hellaswag: Task = {
  name: 'hellaswag',
  title: 'HellaSwag',
  version: 1,
  dataset: { repo: 'Rowan/hellaswag', split: 'validation', files: 'data/validation-*.parquet' },
  groups: ['paper', 'core'],
  shots: { source: { split: 'train', files: 'data/train-*.parquet' }, sampler: 'default', excludesAsked: true },
  metrics: ['acc', 'acc_norm', 'acc_bytes'],
  headline: 'acc_norm',
  question(row) {
    const scene = `${row.text('ctx_a')} ${capitalize(row.text('ctx_b'))}`;
    const query = preprocess(`${row.text('activity_label')}: ${scene}`);
    const choices = row.texts('endings').map(preprocess);
    const gold = row.integer('label');
    return { context: query, choices, gold, derived: { query, choices, gold } };
  },
};

/** Removes what WikiHow's markup left behind. The order matters: whitespace that brackets leave stays. */
function preprocess(text: string): string {
  return strip(text)
    .replaceAll(' [title]', '. ')
    .replace(/\[[^\n]*?\]/g, '')
    .replaceAll('  ', ' ');
}

export default hellaswag;
