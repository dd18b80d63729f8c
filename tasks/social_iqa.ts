import type { Task } from '../src/harness/task/task.ts';

/** What people in a situation do, want or feel (Sap et al. 2019, arXiv:1904.09728). */
const socialIqa: Task = {
  name: 'social_iqa',
  title: 'SIQA',
  version: 0,
  dataset: {
    repo: 'lighteval/siqa',
    split: 'validation',
    files: 'default/validation/*.parquet',
    revision: 'refs/convert/parquet',
  },
  groups: [],
  rank: 1,
  metrics: ['acc'],
  headline: 'acc',
  shots: { source: { split: 'train', files: 'default/train/*.parquet' }, sampler: 'default', excludesAsked: true },
  question: (row) => ({
    context: `Q: ${row.text('context')} ${row.text('question')}\nA:`,
    choices: [row.text('answerA'), row.text('answerB'), row.text('answerC')],
    gold: row.integer('label') - 1,
  }),
};

export default socialIqa;
