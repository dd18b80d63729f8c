import type { Task } from '../src/harness/task/task.ts';
import { strip } from '../src/python/text.ts';

/**
 * Which of two names a sentence is about (Sakaguchi et al. 2019, arXiv:1907.10641): each is put in the blank, and what
 * follows the blank is scored (Trinh and Le 2018, arXiv:1806.02847).
 */
const winogrande: Task = {
  name: 'winogrande',
  title: 'WinoGrande',
  version: 1,
  dataset: {
    repo: 'allenai/winogrande',
    config: 'winogrande_xl',
    split: 'validation',
    files: 'winogrande_xl/validation/*.parquet',
    revision: 'refs/convert/parquet',
  },
  groups: ['pythia', 'core'],
  rank: 1,
  metrics: ['acc'],
  headline: 'acc',
  shots: {
    source: { split: 'train', files: 'winogrande_xl/train/*.parquet' },
    sampler: 'default',
    excludesAsked: true,
  },
  question(row) {
    const [before, ...after] = row.text('sentence').split('_');
    if (after.length === 0) throw row.error('sentence', 'a sentence with the blank "_"');
    const continuation = strip(after.join('_'));
    return {
      context: '',
      choices: [before + row.text('option1'), before + row.text('option2')],
      continuation,
      gold: row.oneOf('answer', ['1', '2']),
      target: continuation,
    };
  },
};

export default winogrande;
