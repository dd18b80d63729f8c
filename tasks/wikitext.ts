import type { Task } from '../src/harness/task/task.ts';

/** Whole articles of Wikipedia (Merity et al. 2016, arXiv:1609.07843), without the marks that its tokenizer left. */
const wikitext: Task = {
  name: 'wikitext',
  title: 'WikiText',
  version: 2,
  dataset: {
    repo: 'EleutherAI/wikitext_document_level',
    config: 'wikitext-2-raw-v1',
    split: 'test',
    files: 'wikitext-2-raw-v1/test/*.parquet',
    revision: 'refs/convert/parquet',
  },
  groups: [],
  rank: 1,
  output: 'loglikelihood_rolling',
  metrics: ['word_perplexity', 'byte_perplexity', 'bits_per_byte'],
  headline: 'word_perplexity',
  question(row) {
    const page = row.text('page');
    const text = detokenize(page);
    return { context: '', choices: [text], gold: 0, target: text, original: page };
  },
};

const separators: [string, string][] = [
  ["s '", "s'"],
  [' @-@ ', '-'],
  [' @,@ ', ','],
  [' @.@ ', '.'],
  ...[':', ';', '.', '!', '?', ','].map((mark): [string, string] => [` ${mark} `, `${mark} `]),
];

const rest: [string, string][] = [
  ['= = = =', '===='],
  ['= = =', '==='],
  ['= =', '=='],
  [' ° ', '°'],
  [' \n', '\n'],
  ['\n ', '\n'],
  [' N ', ' 1 '],
  [" 's", "'s"],
];

// Python's \s, which has U+001C to U+001F and lacks U+FEFF.
const space = '[\\p{White_Space}\\x1c-\\x1f]*';
const brackets = [
  [`\\(${space}([^\\)]*?)${space}\\)`, '($1)'],
  [`\\[${space}([^\\]]*?)${space}\\]`, '[$1]'],
  [`\\{${space}([^\\}]*?)${space}\\}`, '{$1}'],
  [`"${space}([^"]*?)${space}"`, '"$1"'],
  [`'${space}([^']*?)${space}'`, "'$1'"],
].map(([pattern, joined]): [RegExp, string] => [new RegExp(pattern, 'gu'), joined]);

/** lm-evaluation-harness's `wikitext_detokenizer`; the order matters. */
function detokenize(page: string): string {
  let text = page;
  for (const [from, to] of separators) text = text.replaceAll(from, to);
  // As there: what looks like a class of digits is these very characters.
  text = text.replace(/\/' [0-9]\//g, "/'[0-9]/");
  for (const [pattern, joined] of brackets) text = text.replace(pattern, joined);
  for (const [from, to] of rest) text = text.replaceAll(from, to);
  return text;
}

export default wikitext;
