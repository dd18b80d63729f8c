import type { Row } from '../src/dataset/row.ts';
import type { Question, Task } from '../src/harness/task/task.ts';
import { strip } from '../src/python/text.ts';
import { mmluFields } from './shared/mmlu_fields.ts';

const letters = ['A', 'B', 'C', 'D'];

/** Examination questions of 57 subjects (Hendrycks et al. 2021, arXiv:2009.03300), answered by a letter. */
export default Object.entries(mmluFields).flatMap(([field, subjects]) =>
  subjects.map((subject) => mmlu(subject, field)),
);

function mmlu(subject: string, field: string): Task {
  const average = { metrics: ['acc' as const], aggregation: 'pooled' as const };
  return {
    name: `mmlu_${subject}`,
    title: subject,
    version: 1,
    dataset: { repo: 'cais/mmlu', config: subject, split: 'test', files: `${subject}/test-*.parquet` },
    groups: ['mmlu', `mmlu_${field}`],
    within: [
      { name: 'mmlu', ...average },
      { name: `mmlu_${field}`, ...average },
    ],
    rank: 2,
    metrics: ['acc'],
    headline: 'acc',
    description: () =>
      `The following are multiple choice questions (with answers) about ${subject.replaceAll('_', ' ')}.\n\n`,
    shots: {
      source: { split: 'dev', files: `${subject}/dev-*.parquet` },
      sampler: 'first_n',
      excludesAsked: false,
    },
    question,
  };
}

function question(row: Row): Question {
  const options = row.texts('choices').slice(0, letters.length);
  const listed = options.map((option, i) => `${letters[i]}. ${option}\n`);
  return {
    context: `${strip(row.text('question'))}\n${listed.join('')}Answer:`,
    choices: letters,
    gold: row.integer('answer'),
  };
}
