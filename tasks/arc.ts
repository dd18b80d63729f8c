import type { Row } from '../src/dataset/row.ts';
import type { Question, Task } from '../src/harness/task/task.ts';

/** AI2 Reasoning Challenge: grade-school science (Clark et al. 2018, arXiv:1803.05457). Three to five choices. */
export default [
  arc('arc_challenge', 'ARC-C', 'ARC-Challenge', 'acc_norm'),
  arc('arc_easy', 'ARC-E', 'ARC-Easy', 'acc'),
];

function arc(name: string, title: string, config: string, headline: string): Task {
  return {
    name,
    title,
    version: 1,
    dataset: { repo: 'allenai/ai2_arc', config, split: 'test', files: `${config}/test-*.parquet` },
    groups: ['paper', 'ai2_arc', 'pythia', 'core'],
    shots: {
      source: { split: 'train', files: `${config}/train-*.parquet` },
      sampler: 'default',
      excludesAsked: false,
    },
    metrics: ['acc', 'acc_norm', 'acc_bytes'],
    headline,
    question,
  };
}

function question(row: Row): Question {
  return {
    context: `Question: ${row.text('question')}\nAnswer:`,
    choices: row.texts('choices.text'),
    gold: row.oneOf('answerKey', row.texts('choices.label')),
  };
}
