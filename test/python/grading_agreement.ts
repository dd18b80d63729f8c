/**
 * Grades the pairs that grading_agreement.py made, and writes what hon-eval and math-verify disagree on:
 *
 *     python test/python/grading_agreement.py math_500.jsonl > pairs.jsonl
 *     node test/python/grading_agreement.ts pairs.jsonl > docs/grading_disagreements.md
 *
 * The one that is right is the one that says what the pair was made as; `reasons` says why, from a look at each. A kind
 * of pair without a reason fails: it has to be looked at first.
 */
import { readFileSync } from 'node:fs';
import { GradingPool } from '../../src/grading/pool.ts';

interface Pair {
  gold: string;
  group: 'true' | 'near' | 'garbage';
  /** What was done to the right answer. */
  kind: string;
  /** Whether the answer is right by the way it was made. */
  expected: boolean;
  answer: string;
  text: string;
  math_verify: boolean;
}

type Graded = Pair & { hon_eval: boolean };

/** Why the one that is right is right, by kind of pair. */
const reasons: Readonly<Record<string, string>> = {
  'as a mixed number with a slash':
    'a whole number before a fraction is a mixed number; math-verify does not add the two',
  'with thin spaces between thousands': 'a thin space may part thousands; math-verify reads another number',
  'with \\degree': String.raw`\degree is the degree sign; math-verify reads a product`,
  'i times coefficient': 'i is the imaginary unit in both; math-verify takes the one in 5i for a real variable',
  'as a product': 'with i² = -1 it is the same; math-verify takes the i in 5i for a real variable',
  'equation turned round': 'the value may stand on the left; math-verify takes the right side, a variable',
  'base in words': 'the base may be a word; math-verify does not read it',
  'digits in text': 'digits in text are digits; math-verify takes them for a name',
  'other base': 'the same digits in another base are another number; math-verify drops the base',
  doubled: 'both sides times two; math-verify only compares right sides here',
  'as an inequality': 'it describes the interval; math-verify looks only where the right answer is the inequality',
  'with \\big': String.raw`\bigl and \bigr change the size of brackets only; math-verify does not read them`,
  'between braces': 'braces group and print nothing; math-verify reads a set',
  'a bracket changed': 'no interval is closed at -∞; math-verify opens it. One may let it pass',
  shifted: '(1 ± a) + 3 - 3 has two values; neither reads ± inside brackets',
  'doubled and halved': '2(1 ± a)/2 has two values; neither reads ± inside brackets',
  'with a product by one': '1 · (1 ± a) has two values; neither reads ± inside brackets',
  'other denominator': 'a decimal of three digits is compared to six places; the difference is in the tenth',
};

const pairs: Pair[] = readFileSync(process.argv[2], 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const start = performance.now();
const graded = await gradeAll(pairs);
const seconds = (performance.now() - start) / 1000;
const disagreements = graded.filter((pair) => pair.hon_eval !== pair.math_verify);
const bothWrong = graded.filter((pair) => pair.hon_eval === pair.math_verify && pair.hon_eval !== pair.expected);
process.stderr.write(`${pairs.length} pairs graded in ${seconds.toFixed(1)} s\n`);
process.stdout.write(report());

async function gradeAll(all: readonly Pair[]): Promise<Graded[]> {
  const pool = new GradingPool();
  try {
    return await Promise.all(
      all.map(async (pair) => ({ ...pair, hon_eval: (await pool.grade('math', pair.gold, pair.text)).correct })),
    );
  } finally {
    await pool.close();
  }
}

function report(): string {
  const agreement = (100 * (1 - disagreements.length / pairs.length)).toFixed(2);
  const count = (group: Pair['group']) => pairs.filter((pair) => pair.group === group).length;
  const rightOnes = disagreements.filter((pair) => pair.hon_eval === pair.expected).length;
  return `# Where hon-eval and math-verify disagree

Of ${pairs.length} pairs of a right answer and a model's, made from MATH-500's 500 right answers (${count('true')} true
rewrites, ${count('near')} near misses, ${count('garbage')} garbage), hon-eval and math-verify 0.9 give the same verdict on ${agreement}%.
On the other ${disagreements.length} hon-eval is right ${rightOnes} times, by what the pairs were made as.
\`test/python/grading_agreement.ts\` writes this page.

${table(disagreements, (pair) => (pair.hon_eval === pair.expected ? 'hon-eval' : 'math-verify'))}

## Both wrong

They agree, but the pair was made as something else:

${table(bothWrong, () => 'neither')}
`;
}

function table(rows: readonly Graded[], whoIsRight: (pair: Graded) => string): string {
  const code = (latex: string) => `\`${latex.replaceAll('|', '\\|').replaceAll('\n', ' ')}\``;
  const lines = rows.map((pair) => {
    const reason = reasons[pair.kind];
    if (!reason) throw new Error(`Nobody has looked at: ${JSON.stringify(pair)}`);
    const cells = [
      code(pair.gold),
      code(pair.answer),
      pair.kind,
      pair.hon_eval ? 'right' : 'wrong',
      whoIsRight(pair),
      reason,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head = ['Right answer', 'Answer', 'Made by', 'hon-eval says', 'Who is right', 'Why'];
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...lines].join('\n');
}
