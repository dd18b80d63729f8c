import type { Task } from '../src/harness/task/task.ts';

/** Elementary science with a fact to combine with common knowledge (Mihaylov et al. 2018, arXiv:1809.02789). */
const openbookqa: Task = {
  name: 'openbookqa',
  title: 'OBQA',
  version: 1,
  dataset: { repo: 'allenai/openbookqa', config: 'main', split: 'test', files: 'main/test-*.parquet' },
  groups: ['core'],
  rank: 1,
  metrics: ['acc', 'acc_norm'],
  headline: 'acc_norm',
  shots: { source: { split: 'train', files: 'main/train-*.parquet' }, sampler: 'default', excludesAsked: false },
  question: (row) => ({
    context: row.text('question_stem'),
    choices: row.texts('choices.text'),
    gold: row.oneOf('answerKey', row.texts('choices.label')),
  }),
};

export default openbookqa;
