import type { Task } from '../src/harness/task/task.ts';

/** Science exam questions with a supporting passage, sometimes empty (Welbl et al. 2017, arXiv:1707.06209). */
const sciq: Task = {
  name: 'sciq',
  title: 'SciQ',
  version: 1,
  dataset: { repo: 'allenai/sciq', split: 'test', files: 'data/test-*.parquet' },
  groups: ['paper', 'pythia'],
  shots: { source: { split: 'train', files: 'data/train-*.parquet' }, sampler: 'default', excludesAsked: false },
  metrics: ['acc', 'acc_norm', 'acc_bytes'],
  headline: 'acc',
  question: (row) => ({
    context: `${stripStart(row.text('support'))}\nQuestion: ${row.text('question')}\nAnswer:`,
    choices: ['distractor1', 'distractor2', 'distractor3', 'correct_answer'].map((column) => row.text(column)),
    gold: 3,
  }),
};

/** Python's `str.lstrip()`, which knows U+001C to U+001F as whitespace and not U+FEFF. */
function stripStart(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is stripped.
  return text.replace(/^[\p{White_Space}\x1c-\x1f]+/u, '');
}

export default sciq;
