import type { Task } from '../src/harness/task/task.ts';

const letters = ['a', 'b', 'c', 'd'];

/** Logical reasoning from Chinese civil-service examinations, translated (Liu et al. 2020, arXiv:2007.08124). */
const logiqa: Task = {
  name: 'logiqa',
  title: 'LogiQA',
  version: 1,
  dataset: {
    repo: 'EleutherAI/logiqa',
    config: 'logiqa',
    split: 'test',
    files: 'logiqa/test/*.parquet',
    // The main branch holds a loading script and no rows; the hub keeps its own conversion under this reference.
    revision: 'refs/convert/parquet',
  },
  groups: ['paper', 'pythia'],
  shots: { source: { split: 'train', files: 'logiqa/train/*.parquet' }, sampler: 'default', excludesAsked: false },
  metrics: ['acc', 'acc_norm', 'acc_bytes'],
  headline: 'acc',
  question(row) {
    const options = row.texts('options');
    const listed = letters.slice(0, options.length).map((letter, i) => `${letter.toUpperCase()}. ${options[i]}\n`);
    return {
      context: `Passage: ${row.text('context')}\nQuestion: ${row.text('question')}\nChoices:\n${listed.join('')}Answer:`,
      choices: options,
      gold: row.oneOf('label', letters),
    };
  },
};

export default logiqa;
