import type { Task } from '../src/harness/task/task.ts';
import { capitalize } from '../src/python/text.ts';
import { withoutMarkup } from './shared/wikihow_text.ts';

const heading = / \[title\]/g;

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
    const query = withoutMarkup(`${row.text('activity_label')}: ${scene}`, heading);
    const choices = row.texts('endings').map((ending) => withoutMarkup(ending, heading));
    const gold = row.integer('label');
    return { context: query, choices, gold, derived: { query, choices, gold } };
  },
};

export default hellaswag;
