import type { Row } from '../src/dataset/row.ts';
import type { Task } from '../src/harness/task/task.ts';
import { openR1Prompt } from './shared/open_r1.ts';

/**
 * 500 problems of MATH (Hendrycks et al. 2021, arXiv:2103.03874; the selection is Lightman et al. 2023,
 * arXiv:2305.20050): how likely the model finds the right answer and the written solution, each right after the problem.
 */
const math500: Task = {
  name: 'math_500',
  title: 'MATH-500',
  version: 1,
  dataset: { repo: 'HuggingFaceH4/MATH-500', split: 'test', files: 'test.jsonl' },
  groups: ['reasoning'],
  rank: 1,
  metrics: ['answer_match', 'answer_bits_per_byte', 'solution_match', 'solution_bits_per_byte'],
  headline: 'answer_match',
  question: (row) => ({
    context: `Problem: ${row.text('problem')}\nAnswer:`,
    choices: [row.text('answer'), row.text('solution')],
    labels: ['answer', 'solution'],
    gold: 0,
    categories: categories(row),
  }),
  problem: (row, style) => ({
    prompt: style === 'openr1' ? openR1Prompt(row.text('problem')) : lightevalPrompt(row.text('problem')),
    gold: row.text('answer'),
    grader: 'math',
    categories: categories(row),
  }),
};

function lightevalPrompt(problem: string): string {
  return (
    'Solve the following problem. The final line of your response MUST be of the following format:\n' +
    `"ANSWER: $ANSWER" (without quotes) where $ANSWER is the final answer. Think step by step before answering.\n\n${problem}`
  );
}

/** Copies of the data set may lack them. */
function categories({ json: { subject, level } }: Row): Record<string, string> {
  return {
    ...(typeof subject === 'string' ? { subject } : {}),
    ...(typeof level === 'string' || typeof level === 'number' ? { level: String(level) } : {}),
  };
}

export default math500;
