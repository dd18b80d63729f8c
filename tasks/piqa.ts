import type { Task } from '../src/harness/task/task.ts';

/** Physical interaction: which of two solutions reaches the goal (Bisk et al. 2019, arXiv:1911.11641). */
const piqa: Task = {
  name: 'piqa',
  title: 'PIQA',
  version: 1,
  dataset: { repo: 'baber/piqa', split: 'validation', files: 'piqa_validation*.parquet' },
  groups: ['paper', 'pythia', 'core'],
  shots: { source: { split: 'train', files: 'piqa_train*.parquet' }, sampler: 'default', excludesAsked: true },
  metrics: ['acc', 'acc_norm', 'acc_bytes'],
  headline: 'acc',
  question: (row) => ({
    context: `Question: ${row.text('goal')}\nAnswer:`,
    choices: [row.text('sol1'), row.text('sol2')],
    gold: row.integer('label'),
  }),
};

export default piqa;
