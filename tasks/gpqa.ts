import type { Row } from '../src/dataset/row.ts';
import type { Problem, PromptStyle, Question, Shuffle, Task } from '../src/harness/task/task.ts';

const letters = ['(A)', '(B)', '(C)', '(D)'];

/**
 * Graduate-level questions that a web search does not answer (Rein et al. 2023, arXiv:2311.12022); prepared as
 * lm-evaluation-harness does. Their authors ask that no row ever stands in clear text where it could become training data.
 */
export default [
  gpqa('diamond', 'GPQA-Diamond', ['reasoning', 'gpqa']),
  gpqa('main', 'GPQA', ['gpqa']),
  gpqa('extended', 'GPQA-Extended', ['gpqa']),
];

function gpqa(subset: string, title: string, groups: string[]): Task {
  const name = `gpqa_${subset}`;
  return {
    name,
    lmEvalName: `${name}_zeroshot`,
    title,
    version: 2.2,
    dataset: { repo: 'Idavidrein/gpqa', config: name, split: 'train', files: `${name}.csv` },
    groups,
    rank: 3,
    metrics: ['acc', 'acc_norm'],
    headline: 'acc',
    confidential: true,
    question,
    problem,
  };
}

function question(row: Row, shuffle: Shuffle): Question {
  const text = row.text('Question');
  const right = preprocess(row.textOrNull('Correct Answer'));
  const wrong = [1, 2, 3].map((i) => preprocess(row.textOrNull(`Incorrect Answer ${i}`)));
  const options = shuffle([...wrong, right], text);
  const gold = options.indexOf(right);
  const listed = options.map((option, i) => `${letters[i]} ${option}\n`);
  const derived = Object.fromEntries(options.map((option, i) => [`choice${i + 1}`, option]));
  return {
    context: `What is the correct answer to this question:${text}\nChoices:\n${listed.join('')}Answer:`,
    choices: letters,
    gold,
    target: letters[gold],
    derived: { ...derived, answer: letters[gold] },
  };
}

/** simple-evals' prompt, which Open-R1 and lighteval share; lighteval takes the whitespace around its texts away. */
function problem(row: Row, style: PromptStyle, shuffle: Shuffle): Problem {
  const textOf = (field: string) => (style === 'openr1' ? row.text(field) : strip(row.text(field)));
  const right = textOf('Correct Answer');
  const options = shuffle([...[1, 2, 3].map((i) => textOf(`Incorrect Answer ${i}`)), right], row.text('Question'));
  const listed = options.map((option, i) => `${'ABCD'[i]}) ${option}`);
  const derived = Object.fromEntries(options.map((option, i) => [`choice${i + 1}`, option]));
  const gold = 'ABCD'[options.indexOf(right)];
  return {
    prompt:
      'Answer the following multiple choice question. The last line of your response should be of the following ' +
      "format: 'Answer: $LETTER' (without quotes) where LETTER is one of ABCD. Think step by step before answering." +
      `\n\n${textOf('Question')}\n\n${listed.join('\n')}`,
    gold,
    grader: 'letter',
    derived: { ...derived, answer: gold },
  };
}

function preprocess(text: string | null): string {
  if (text === null) return ' ';
  return strip(text).replaceAll(' [title]', '. ').replaceAll('  ', ' ');
}

/** Python's `str.strip()`, which knows U+001C to U+001F as whitespace and not U+FEFF. */
function strip(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is stripped.
  return text.replace(/^[\p{White_Space}\x1c-\x1f]+|[\p{White_Space}\x1c-\x1f]+$/gu, '');
}
