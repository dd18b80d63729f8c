import { describe, expect, test } from 'vitest';
import { grade } from '../../src/grading/grade.ts';
import { bareLetter, extractLetter } from '../../src/grading/letter.ts';

describe('letters', () => {
  test.each([
    ['simple-evals', 'Some steps.\n\nAnswer: B', 'B'],
    ['simple-evals, in dollars', 'Answer: $B$\n\nThat is all.', 'B'],
    ['simple-evals, in any case', 'ANSWER : c', 'C'],
    ['bold', '**Answer: D**', 'D'],
    ['bold letter', 'Answer: **D**', 'D'],
    ['brackets', 'The final answer is (C). I hope it is correct.', 'C'],
    ['words between', 'Answer: I would choose C.', 'C'],
    ['without a colon', 'The correct answer is B.', 'B'],
    ['the last of them', 'Answer: A\nOn second thought:\nAnswer: B', 'B'],
    ['final before others', 'Answer: A\nThe final answer is C, not\nAnswer: B', 'C'],
    ['in LaTeX text', String.raw`Answer: \text{B}`, 'B'],
    ['in bold LaTeX', String.raw`Answer: $\textbf{(C)}$`, 'C'],
    ['in parentheses of LaTeX', String.raw`Answer: \(D\)`, 'D'],
    ['as a display', 'Answer: \\[\\mathrm{A}\\]', 'A'],
    ['in code', 'Answer: `C`', 'C'],
    ['in bold with its text', 'Answer: **(B) 12 m**', 'B'],
    ['in underscores', 'Answer: __D__', 'D'],
    ['in square brackets', 'Answer: [A]', 'A'],
    ['in HTML', 'Answer: <b>A</b>', 'A'],
    ['after a bold word', String.raw`**Answer**: \text{D}`, 'D'],
    ['in a sentence, in code', 'The correct answer is `B`.', 'B'],
    ['in a sentence, in LaTeX', String.raw`The answer is option $\text{(A)}$.`, 'A'],
    ['a word in LaTeX', String.raw`The answer is \text{Barium}`, null],
    ['a word in code', 'The answer is `Deuterium`', null],
    ['a formula', String.raw`The answer is $A \cup C$`, null],
    ['at the start', 'B. Because it is.', 'B'],
    ['at the start of a line', 'We choose:\nD\n', 'D'],
    ['in a box', String.raw`Thus \boxed{\text{(A)}}.`, 'A'],
    ['with its text in a box', String.raw`Thus \boxed{(B) 5 m}.`, 'B'],
    ['with its text in a text in a box', String.raw`Thus \boxed{\text{C. 5 m}}.`, 'C'],
    ['a word in a box', String.raw`Thus \boxed{\text{Barium}}.`, null],
    ['not in a word', 'The answer: surely Carbon', null],
    ['none of the letters', 'Answer: E', null],
    ['nothing', '', null],
  ])('%s', (_, text, letter) => expect(extractLetter(text)).toBe(letter));

  test('what is a letter', () => {
    expect(['B', '(B)', 'b.', String.raw`\text{(B)}`, ' (B) '].map(bareLetter)).toEqual(['B', 'B', 'B', 'B', 'B']);
    expect(['', 'E', 'AB', '12', 'A or B'].map(bareLetter)).toEqual([null, null, null, null, null]);
  });

  test.each(['answer', 'answer:', 'answer: ', 'final answer ', 'final answer is', ' ', '\n', 'A ', '(', '**'])(
    'the time is in proportion to the text: %j',
    (unit) => {
      const start = performance.now();
      extractLetter(unit.repeat(100_000));
      extractLetter(`final answer${unit.repeat(100_000)}`);
      expect(performance.now() - start).toBeLessThan(10_000);
    },
  );
});

test('grades', () => {
  expect(grade('letter', '(B)', 'Answer: B')).toEqual({ correct: true, answer: 'B', outcome: 'graded' });
  expect(grade('letter', 'A', 'Answer: B')).toEqual({ correct: false, answer: 'B', outcome: 'graded' });
  expect(grade('letter', 'A', 'Perhaps')).toEqual({ correct: false, answer: null, outcome: 'no_answer' });
  expect(grade('math', '7', 'Perhaps')).toEqual({ correct: false, answer: null, outcome: 'no_answer' });
  expect(grade('math', '#### 7', 'It is 14/2')).toEqual({ correct: true, answer: '14/2', outcome: 'graded' });
});
