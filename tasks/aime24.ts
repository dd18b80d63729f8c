import type { Row } from '../src/dataset/row.ts';
import type { Task } from '../src/harness/task/task.ts';
import { openR1Prompt } from './shared/open_r1.ts';

/** Every answer that the contest knows, written as it writes them: no answer begins with another one. */
const answers = Array.from({ length: 1000 }, (_, answer) => String(answer).padStart(3, '0'));

/**
 * American Invitational Mathematics Examination 2024. Its answers are integers from 0 to 999, so the model is asked about
 * all of them. They have three digits each: where a tokenizer splits numbers into digits, a shorter answer would be the
 * beginning of a longer one, and always the likelier of the two.
 */
const aime24: Task = {
  name: 'aime24',
  title: 'AIME24',
  version: 1,
  dataset: { repo: 'HuggingFaceH4/aime_2024', split: 'train', files: 'data/train-*.parquet' },
  groups: ['reasoning'],
  rank: 2,
  metrics: ['acc', 'mrr', 'prob', 'bits'],
  headline: 'acc',
  question: (row) => ({
    context: `Question: ${row.text('problem')}\nAnswer (an integer from 000 to 999, in three digits):`,
    choices: answers,
    gold: answer(row),
  }),
  problem(row, style) {
    const prompt = openR1Prompt(row.text('problem'));
    // lighteval has the same words between empty lines.
    return { prompt: style === 'openr1' ? prompt : `\n${prompt}\n`, gold: String(answer(row)), grader: 'math' };
  },
};

function answer(row: Row): number {
  const value = row.integer('answer');
  if (value < 0 || value > 999) throw row.error('answer', 'an integer from 0 to 999');
  return value;
}

export default aime24;
