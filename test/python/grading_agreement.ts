/**
 * Grades what published_responses.py found and what grading_agreement.py made, and writes what hon-eval and math-verify
 * disagree on:
 *
 *     python test/python/published_responses.py neus2026-labre math_500.jsonl > responses.jsonl
 *     python test/python/grading_agreement.py math_500.jsonl > pairs.jsonl
 *     node test/python/grading_agreement.ts responses.jsonl pairs.jsonl > docs/grading_disagreements.md
 *
 * Who is right about a response stands in response_judgements.json, from a reading of each. About a pair it is the one
 * that says what it was made as; `reasons` says why. What nobody has looked at fails.
 */
import { readFileSync } from 'node:fs';
import { GradingPool } from '../../src/grading/pool.ts';

interface Response {
  /** Of the right answer and the text. */
  key: string;
  gold: string;
  text: string;
  math_verify: boolean;
}

interface Judgement {
  right: 'hon-eval' | 'math-verify';
  why: string;
  /** Keys of responses. */
  texts: string[];
}

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

type Graded<T> = T & { hon_eval: boolean; taken: string | null };

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
  shifted: '(1 ± a) + 3 - 3 has two values; math-verify does not read ± inside brackets',
  'doubled and halved': '2(1 ± a)/2 has two values; math-verify does not read ± inside brackets',
  'with a product by one': '1 · (1 ± a) has two values; math-verify does not read ± inside brackets',
  'other denominator': 'a decimal of three digits is compared to six places; the difference is in the tenth',
};

const start = performance.now();
const responses = await gradeAll<Response>(process.argv[2]);
const pairs = await gradeAll<Pair>(process.argv[3]);
const seconds = ((performance.now() - start) / 1000).toFixed(1);
process.stderr.write(`${responses.length} responses and ${pairs.length} pairs graded in ${seconds} s\n`);
process.stdout.write(`# Where hon-eval and math-verify disagree

\`test/python/grading_agreement.ts\` writes this page; math-verify is 0.9, with its defaults.

${ofResponses()}
${ofPairs()}`);

async function gradeAll<T extends { gold: string; text: string }>(file: string): Promise<Graded<T>[]> {
  const all: T[] = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  // A verdict is not to depend on how busy the machine is.
  const pool = new GradingPool({ timeLimit: 15 });
  try {
    return await Promise.all(
      all.map(async (each) => {
        const { correct, answer } = await pool.grade('math', each.gold, each.text);
        return { ...each, hon_eval: correct, taken: answer };
      }),
    );
  } finally {
    await pool.close();
  }
}

function ofResponses(): string {
  const judgements: Judgement[] = JSON.parse(
    readFileSync(new URL('response_judgements.json', import.meta.url), 'utf8'),
  );
  const judged = disagreements(responses).map((response) => {
    const judgement = judgements.find(({ texts }) => texts.includes(response.key));
    if (!judgement) throw new Error(`Nobody has looked at: ${JSON.stringify(response)}`);
    return { ...response, ...judgement };
  });
  const rightOnes = judged.filter(({ right }) => right === 'hon-eval').length;
  const rows = judged.map(({ gold, taken, hon_eval, right, why }) => [
    code(gold),
    code(taken),
    says(hon_eval),
    right,
    why,
  ]);
  return `## What models wrote

On ${responses.length} published responses of three models to MATH-500's 500 problems (\`test/python/published_responses.py\` says
whose), ${responses.filter(({ hon_eval }) => hon_eval).length} of them right, they give the same verdict on ${agreement(responses)}%. Of the other ${judged.length}, each of
which was read, hon-eval is right about ${rightOnes}.

${table(['Right answer', 'What hon-eval took', 'hon-eval says', 'Who is right', 'Why'], rows)}
`;
}

function ofPairs(): string {
  const count = (group: Pair['group']) => pairs.filter((pair) => pair.group === group).length;
  const different = disagreements(pairs);
  const bothWrong = pairs.filter((pair) => pair.hon_eval === pair.math_verify && pair.hon_eval !== pair.expected);
  const rightOnes = different.filter((pair) => pair.hon_eval === pair.expected).length;
  const head = ['Right answer', 'Answer', 'Made by', 'hon-eval says', 'Who is right', 'Why'];
  const row = (pair: Graded<Pair>, right: string) => {
    const reason = reasons[pair.kind];
    if (!reason) throw new Error(`Nobody has looked at: ${JSON.stringify(pair)}`);
    return [code(pair.gold), code(pair.answer), pair.kind, says(pair.hon_eval), right, reason];
  };
  return `## Pairs made to be hard

Of ${pairs.length} pairs of a right answer and another, made from MATH-500's 500 right answers by every kind of rewrite
as often as it fits (${count('true')} true rewrites, ${count('near')} near misses, ${count('garbage')} garbage), they give the same verdict on
${agreement(pairs)}%. Of the other ${different.length} hon-eval is right about ${rightOnes}, by what the pairs were made as.

${table(
  head,
  different.map((pair) => row(pair, pair.hon_eval === pair.expected ? 'hon-eval' : 'math-verify')),
)}

### Both wrong

They agree, but the pair was made as something else:

${table(
  head,
  bothWrong.map((pair) => row(pair, 'neither')),
)}
`;
}

function disagreements<T extends { math_verify: boolean }>(all: readonly Graded<T>[]): Graded<T>[] {
  return all.filter((each) => each.hon_eval !== each.math_verify);
}

function agreement(all: readonly Graded<Response | Pair>[]): string {
  return (100 * (1 - disagreements(all).length / all.length)).toFixed(2);
}

function says(verdict: boolean): string {
  return verdict ? 'right' : 'wrong';
}

/** Sentences are their authors'. */
function code(latex: string | null): string {
  if (latex === null) return 'nothing';
  if (/^[A-Z][a-z]+(?: [a-z0-9]+){3,}/.test(latex)) return 'a sentence';
  return `\`${latex.replaceAll('|', '\\|').replaceAll('\n', ' ')}\``;
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return lines.join('\n');
}
