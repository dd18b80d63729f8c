import type { Row } from '../src/dataset/row.ts';
import type { DatasetSource } from '../src/dataset/source.ts';
import type { Question, Shots, Task } from '../src/harness/task/task.ts';

const revision = 'refs/convert/parquet';

/** The last word of a passage, which only the whole of it tells (Paperno et al. 2016, arXiv:1606.06031). */
export default [
  lambada(
    'openai',
    { repo: 'EleutherAI/lambada_openai', config: 'default', split: 'test', files: 'default/test/*.parquet', revision },
    ['pythia', 'core', 'lambada'],
  ),
  lambada(
    'standard',
    { repo: 'cimec/lambada', split: 'test', files: 'plain_text/test/*.parquet', revision },
    ['lambada'],
    { split: 'validation', files: 'plain_text/validation/*.parquet' },
  ),
];

function lambada(version: string, dataset: DatasetSource, groups: string[], source?: Shots['source']): Task {
  return {
    name: `lambada_${version}`,
    title: `LAMBADA ${version}`,
    version: 1,
    ...{ dataset, groups, question },
    rank: 1,
    output: 'loglikelihood',
    metrics: ['perplexity', 'acc'],
    headline: 'acc',
    shots: { ...(source ? { source } : {}), sampler: 'default', excludesAsked: false },
  };
}

function question(row: Row): Question {
  const words = row.text('text').split(' ');
  const last = ` ${words.pop()}`;
  return { context: words.join(' '), choices: [last], gold: 0, target: last };
}
