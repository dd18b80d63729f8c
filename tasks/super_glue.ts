import type { Row } from '../src/dataset/row.ts';
import type { Question, Task } from '../src/harness/task/task.ts';
import { strip } from '../src/python/text.ts';

/** Two tasks of SuperGLUE (Wang et al. 2019, arXiv:1905.00537). */
export default [superGlue('boolq', 'BoolQ', 2, boolq), superGlue('copa', 'COPA', 1, copa)];

function superGlue(name: string, title: string, version: number, question: Task['question']): Task {
  return {
    ...{ name, title, version, question },
    dataset: {
      repo: 'aps/super_glue',
      config: name,
      split: 'validation',
      files: `${name}/validation/*.parquet`,
      revision: 'refs/convert/parquet',
    },
    groups: ['core'],
    rank: 1,
    metrics: ['acc'],
    headline: 'acc',
    shots: { source: { split: 'train', files: `${name}/train/*.parquet` }, sampler: 'default', excludesAsked: true },
  };
}

/** Yes or no after a passage (Clark et al. 2019, arXiv:1905.10044). */
function boolq(row: Row): Question {
  return {
    context: `${row.text('passage')}\nQuestion: ${row.text('question')}?\nAnswer:`,
    choices: ['no', 'yes'],
    gold: row.integer('label'),
  };
}

/** Cause or effect of a premise (Roemmele et al. 2011). The choices have a space of their own beside the delimiter. */
function copa(row: Row): Question {
  const connector = ['because', 'therefore'][row.oneOf('question', ['cause', 'effect'])];
  const choices = ['choice1', 'choice2'].map((column) => {
    const [first = '', ...rest] = row.text(column);
    return ` ${first.toLowerCase()}${rest.join('')}`;
  });
  const gold = row.integer('label') === 0 ? 0 : 1;
  const premise = [...strip(row.text('premise'))].slice(0, -1).join('');
  return { context: `${premise} ${connector}`, choices, gold, target: choices[gold] };
}
