import type { Row } from '../src/dataset/row.ts';
import type { Question, Task } from '../src/harness/task/task.ts';
import { literalEval } from '../src/python/literal.ts';

const letters = ['A', 'B', 'C', 'D'];

interface Problem {
  question: string;
  options: string[];
  answer: string;
}

/** Reading comprehension of English examinations in China, for high schools (Lai et al. 2017, arXiv:1704.04683). */
const race: Task = {
  name: 'race',
  title: 'RACE',
  version: 3,
  dataset: {
    repo: 'EleutherAI/race',
    config: 'high',
    split: 'test',
    files: 'high/test/*.parquet',
    revision: 'refs/convert/parquet',
  },
  groups: [],
  rank: 1,
  metrics: ['acc'],
  headline: 'acc',
  shots: { sampler: 'default', excludesAsked: false },
  question,
};

/** A row has an article with all its problems: the last one is asked, the others stand before it with their answers. */
function question(row: Row): Question {
  const problems = read(row);
  const last = problems.at(-1)!;
  const solved = problems.slice(0, -1).map((problem) => {
    const answer = problem.options[letters.indexOf(problem.answer)];
    const isCloze = problem.question.endsWith('  _  .');
    return isCloze
      ? `${problem.question.slice(0, -5)}${answer}\n`
      : `Question: ${problem.question}\nAnswer: ${answer}\n`;
  });
  return {
    context: `Article: ${row.text('article')}\n\n${solved.join('')}${last.question}`,
    choices: last.options.slice(0, letters.length),
    gold: letters.indexOf(last.answer),
  };
}

/** The problems are written as Python writes a list of dictionaries. */
function read(row: Row): Problem[] {
  const value = literalEval(row.text('problems'));
  const isProblem = (item: unknown): item is Problem =>
    typeof item === 'object' &&
    item !== null &&
    'question' in item &&
    typeof item.question === 'string' &&
    'options' in item &&
    Array.isArray(item.options) &&
    item.options.every((option) => typeof option === 'string') &&
    'answer' in item &&
    letters.includes(String(item.answer));
  const problems: unknown[] = Array.isArray(value) ? value : [];
  if (problems.length > 0 && problems.every(isProblem)) return problems;
  throw row.error('problems', 'a list of problems with question, options and answer, as Python writes it');
}

export default race;
