import type { Task } from '../src/harness/task/task.ts';
import { strip } from '../src/python/text.ts';

const letters = ['A', 'B', 'C', 'D', 'E'];

/** Everyday concepts, answered by a letter (Talmor et al. 2018, arXiv:1811.00937). */
const commonsenseQa: Task = {
  name: 'commonsense_qa',
  title: 'CSQA',
  version: 0,
  dataset: {
    repo: 'tau/commonsense_qa',
    split: 'validation',
    files: 'default/validation/*.parquet',
    revision: 'refs/convert/parquet',
  },
  groups: ['core'],
  rank: 1,
  metrics: ['acc'],
  headline: 'acc',
  shots: { source: { split: 'train', files: 'default/train/*.parquet' }, sampler: 'default', excludesAsked: true },
  question(row) {
    const options = row.texts('choices.text');
    const listed = letters.map((letter, i) => `${letter}. ${options[i]}\n`);
    const gold = row.oneOf('answerKey', letters);
    return {
      context: `Question: ${strip(row.text('question'))}\n${listed.join('')}Answer:`,
      choices: letters,
      gold,
      target: letters[gold],
    };
  },
};

export default commonsenseQa;
