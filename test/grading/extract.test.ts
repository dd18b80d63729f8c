import { describe, expect, test } from 'vitest';
import { extractAnswer, extractGold } from '../../src/grading/extract.ts';

const tex = String.raw;

describe('boxes', () => {
  test.each([
    ['the last one', tex`First \boxed{3}. No: that was wrong, so we try again and get \boxed{4}.`, '4'],
    ['nested braces', tex`\boxed{\frac{1}{\sqrt{2}}}, as was to be shown.`, tex`\frac{1}{\sqrt{2}}`],
    ['escaped braces', tex`\boxed{\left\{1, 2\right.}`, tex`\left\{1, 2\right.`],
    ['a box in a box', tex`\boxed{\fbox{7}}`, tex`\fbox{7}`],
    ['\\fbox', tex`\fbox{x+1}`, 'x+1'],
    ['a space before the brace', tex`\boxed {12}`, '12'],
    ['without braces', tex`Hence $\boxed 9$.`, '9'],
    ['several that are one answer', tex`$\boxed{2}$ and $\boxed{5}$`, '2, 5'],
    ['the same twice', tex`$\boxed{2}$, $\boxed{2}$`, '2'],
    ['one that is cut off', tex`It is \boxed{8}. To check, \boxed{\frac{16`, '8'],
    ['an empty one', tex`It is \boxed{8}. \boxed{}`, '8'],
    ['before what is announced', tex`\boxed{8}. The final answer is 9.`, '8'],
    ['a sentence', tex`Hence \boxed{Jane rows 20 meters more than he does.}`, '20'],
    ['a short sentence', tex`\boxed{Peter has 6 marbles.}`, '6'],
    ['a number with its unit', tex`\boxed{6 \text{ feet per second}}`, tex`6 \text{ feet per second}`],
    [
      'matrices',
      tex`\boxed{\begin{pmatrix} 1 \\ 4 \end{pmatrix} + t \begin{pmatrix} 2 \\ 3 \end{pmatrix}}`,
      tex`\begin{pmatrix} 1 \\ 4 \end{pmatrix} + t \begin{pmatrix} 2 \\ 3 \end{pmatrix}`,
    ],
    [
      'a vector of words',
      tex`\boxed{\langle red, green, blue, black \rangle}`,
      tex`\langle red, green, blue, black \rangle`,
    ],
    [
      'vectors between points',
      tex`\boxed{\overrightarrow{AB} + \overrightarrow{BC} + \overrightarrow{CD} + \overrightarrow{DE}}`,
      tex`\overrightarrow{AB} + \overrightarrow{BC} + \overrightarrow{CD} + \overrightarrow{DE}`,
    ],
    ['functions', tex`\boxed{sqrt(2) + sqrt(3) + sin(4) + log(5)}`, 'sqrt(2) + sqrt(3) + sin(4) + log(5)'],
    ['only an empty one', tex`There are 4 cases. The answer goes here: \boxed{ }`, null],
    ['an empty one before the answer', tex`I shall write it in \boxed{}. It is 12.`, '12'],
    ['words', tex`Hence \boxed{\text{neither of the two}}`, tex`\text{neither of the two}`],
    ['another command', tex`\boxedfoo{3} The answer is 4.`, '4'],
  ])('%s', (_, text, answer) => expect(extractAnswer(text)).toBe(answer));
});

describe('announcements', () => {
  test.each([
    ['a formula', 'So we are done. The final answer is $x^2$. I hope it is correct.', 'x^2'],
    ['with a colon', 'Answer: $12$', '12'],
    ['in bold', '**Answer:** $12$', '12'],
    ['on the next line', '## Final\n\n**Answer:**\n\n$12$', '12'],
    ['as display', tex`The answer is \[\frac{1}{2}\]`, tex`\frac{1}{2}`],
    ['in parentheses', tex`Answer: \(3\)`, '3'],
    ['joined formulas', 'The answer is $1$, $2$ and $3$.', '1, 2, 3'],
    ['only what is joined', 'The answer is $1$ because $2 < 3$.', '1'],
    ['a percentage', tex`Answer: $35$\%`, tex`35\%`],
    ['without dollars', tex`Answer: \frac{3}{4}`, tex`\frac{3}{4}`],
    ['a word', 'The answer is Miriam. She has two.', 'Miriam'],
    ['the last one', 'Answer: 3\nI was wrong.\nAnswer: 4', '4'],
    ['in other words', 'The final answer to the question is **$7$**', '7'],
    ['a decimal', 'Answer: 3.25', '3.25'],
    ['before a reason', 'The answer is 3/4 because it is half of the rest.', '3/4'],
    ['with what was asked', 'Answer: 12, as required', '12'],
    ['but not another', 'The answer is 12, not 13.', '12'],
    ['after a word', 'The answer is therefore 7.', '7'],
    ['with a stray asterisk', 'Answer: *a + b = 5*', 'a + b = 5'],
    ['a sentence with one number', 'Answer: Mr. Jones can choose among 84 different boats.', '84'],
    ['a sentence that says what it is', 'Answer: The number of boats for 3 people is 84.', '84'],
    ['a sentence that ends in a formula', 'Answer: The price of one such boat is (3a - b) / 2.', '(3a - b) / 2'],
    ['the bold number of a sentence', 'Answer: Of 9 people in boats, **84** had come from afar.', '84'],
    ['a sentence without a number', 'Answer: 4\n\nThe answer is as large as we had guessed before.', '4'],
    ['in a display', tex`\[Answer: 0014\]`, '0014'],
    ['in text in a display', tex`$$\text{Answer: } 14$$`, '14'],
    ['in text with the number', tex`\[\text{The final answer is 14}\]`, '14'],
    ['in text before a fraction', tex`\(\text{Final answer: }\frac{3}{4}\)`, tex`\frac{3}{4}`],
    ['in bold before a set', tex`$\textbf{Answer: } \{1, 2\}$`, tex`\{1, 2\}`],
    ['in aligned lines', tex`\[\begin{aligned} x &= 3 \\ \text{Answer: } 3 \end{aligned}\]`, '3'],
    ['in text outside a formula', tex`\textbf{Answer: } 14`, '14'],
    ['with a bold word', '**Answer**: 14', '14'],
    ['a formula that goes on', tex`Answer: $\binom{8}{2}$ = 28`, tex`\binom{8}{2} = 28`],
    ['not what is checked', "So it is **6**. Let's verify our answer: 3 + 3 = 6. The number is **6**.", '6'],
    ['what is said of the answer', 'The answer **6.5** is correct. You may check it with 2 others.', '6.5'],
    ['what is done with the answer', 'The answer, 6.5, can be verified by dividing 13 by 2.', '6.5'],
    [
      'not an exception',
      'The final answer is all numbers except for 3 and 4, as we saw.',
      'all numbers except for 3 and 4, as we saw',
    ],
    [
      'not what there is none of',
      'Answer: There are no integers from 1 to 9 that 3 and 4 both divide',
      'There are no integers from 1 to 9 that 3 and 4 both divide',
    ],
    ['not what only tells of a number', 'The final answer, $2^{99}$, is a very large number.', '2^{99}'],
    [
      'the first number of a sentence without a verb',
      'Answer: Choose any of 84 boats among those built before 1999',
      '84',
    ],
    ['no answer but praise', 'Answer: 4\n\nSo our answer is correct.', '4'],
  ])('%s', (_, text, answer) => expect(extractAnswer(text)).toBe(answer));
});

describe('nothing else', () => {
  test.each([
    ['the last formula', 'First $a = 1$, then $b = 2$, as it should be.', 'b = 2'],
    ['the last number', 'There are 3 of them, and with the others 12 in all.', '12'],
    ['whichever is later', 'From $a = 1$ it follows that 5 are left.', '5'],
    ['thousands', 'It costs 1,234,567.50 in the end.', '1,234,567.50'],
    ['a fraction', 'That leaves -3/4 of it.', '-3/4'],
    ['not a part of ±15', 'There are 4: x = ±15', '4'],
    ['not what a root is of', 'Of 4 the length is √2.', '4'],
    ['a lone dollar sign', 'It costs $5.', '5'],
    ['a range', 'There were 10-15 people.', '15'],
    ['a negative number', 'It was -15 degrees.', '-15'],
    ['a minus sign that is no hyphen', 'It was −15 degrees.', '−15'],
    ['no answer', 'I do not know.', null],
    ['nothing', '', null],
  ])('%s', (_, text, answer) => expect(extractAnswer(text)).toBe(answer));
});

describe('the time is in proportion to the text', () => {
  const size = 100_000;
  test.each([
    '\\boxed{',
    '\\boxed{}',
    '\\boxed',
    '\\boxed 1',
    '{',
    '{}',
    '$',
    '$1',
    '$$1',
    '\\(',
    '\\',
    'answer',
    'answer:',
    'answer is ',
    'final answer ',
    ' ',
    '\n',
    '1',
    '1,111',
    '-',
    '.1',
    '1/',
  ])('%j', (unit) => {
    const start = performance.now();
    extractAnswer(unit.repeat(size));
    extractAnswer(`final answer is ${unit.repeat(size)} \\boxed{1}`);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

test('of very many boxes the last ones are the answer', () => {
  const boxes = Array.from({ length: 200_000 }, (_, i) => `\\boxed{${i}}`);
  const start = performance.now();
  expect(extractAnswer(boxes.join(', '))).toMatch(/^199980, .*, 199999$/);
  expect(performance.now() - start).toBeLessThan(10_000);
});

test('right answers', () => {
  expect(extractGold(tex`\frac{1}{2}`)).toBe(tex`\frac{1}{2}`);
  expect(extractGold(tex`Adding up, we get $\boxed{\frac{1}{2}}$.`)).toBe(tex`\frac{1}{2}`);
  expect(extractGold('He has 3 + 4 = <<3+4=7>>7.\n#### 7')).toBe('7');
});
