import { closingBraces } from './notation/brackets.ts';
import { isFunction } from './notation/typed.ts';

/** An answer longer than this is none. */
const longestAnswer = 2_000;

/** Boxes that may be one answer. */
const mostBoxes = 20;

/**
 * The answer in what a model wrote: the last box, or else what is announced as the answer, or else the last formula or
 * number. null where there is none of these. Takes time in proportion to the text.
 */
export function extractAnswer(text: string): string | null {
  const boxed = boxedAnswer(text);
  if (boxed !== null) return (isProse(boxed) && !vector.test(boxed) ? answerInSentence(boxed) : null) ?? boxed;
  return announcedAnswer(text) ?? lastFormulaOrNumber(afterEmptyBox(text));
}

/** The right answer as a data set has it: LaTeX, or a solution that ends in a box or after `####`. */
export function extractGold(gold: string): string {
  const boxed = boxedAnswer(gold);
  if (boxed !== null) return boxed;
  const mark = gold.lastIndexOf('####');
  return (mark < 0 ? gold : gold.slice(mark + 4)).trim();
}

/** Content of the last `\boxed{}` or `\fbox{}` that is closed, with those right before it: `\boxed{1} and \boxed{2}`. */
export function boxedAnswer(text: string): string | null {
  const boxes = findBoxes(text).slice(-mostBoxes);
  const last = boxes.at(-1);
  if (!last) return null;
  const contents = [last.content];
  for (let i = boxes.length - 1; i > 0 && areOneAnswer(text.slice(boxes[i - 1].end, boxes[i].start)); i--) {
    if (!contents.includes(boxes[i - 1].content)) contents.unshift(boxes[i - 1].content);
  }
  return contents.join(', ');
}

interface Box {
  start: number;
  end: number;
  content: string;
}

/** In order; of boxes in a box, the outer one. */
function findBoxes(text: string): Box[] {
  const starts = Array.from(text.matchAll(/\\(?:boxed|fbox)(?![a-zA-Z])\s{0,9}/g));
  if (starts.length === 0) return [];
  const closed = closingBraces(text);
  const boxes: Box[] = [];
  for (const { 0: command, index } of starts) {
    const open = index + command.length;
    if (index < (boxes.at(-1)?.end ?? 0)) continue;
    const close = text[open] === '{' ? closed.get(open) : endOfBareBox(text, open);
    if (close === undefined || close - open > longestAnswer) continue;
    const content = text.slice(text[open] === '{' ? open + 1 : open, close).trim();
    if (content !== '') boxes.push({ start: index, end: close + 1, content });
  }
  return boxes;
}

/** Where a model left its box empty, no number before it was meant as the answer. */
function afterEmptyBox(text: string): string {
  const last = Array.from(text.matchAll(/\\boxed\s{0,9}\{\s{0,9}\}/g)).at(-1);
  return last ? text.slice(last.index + last[0].length) : text;
}

/** `\boxed 5$` ends with its formula. */
function endOfBareBox(text: string, start: number): number | undefined {
  const [content] = /^[^$\\{}\n]{0,100}/.exec(text.slice(start, start + 100))!;
  return content.trim() === '' ? undefined : start + content.length;
}

function areOneAnswer(between: string): boolean {
  return between.length < 40 && /^(?:[\s$,;.]|\\[()[\]]|\\text\{|\}|and|or)*$/.test(between);
}

const announcement =
  /(?:final answer[^\n]{0,100}?\bis|answer,?\s{1,3}(?=(?:\*\*|\$|-?\d)[^\n]{1,60}?\s(?:is correct|can be (?:verified|checked)))|(?<!\b(?:verify|check)\s(?:our|the|your)\s)answer[}*_]{0,4}\s{0,5}:|answer\s{1,5}is(?!\s(?:correct|consistent|reasonable)))(?![a-z])[:*\s]{0,20}/gi;

/** What follows the last "the final answer is", "Answer:" or "the answer is", in its formula or on its line. */
function announcedAnswer(text: string): string | null {
  const formulas = findFormulas(text);
  for (const { 0: words, index } of Array.from(text.matchAll(announcement)).reverse()) {
    while (formulas.length > 0 && formulas[formulas.length - 1].start > index) formulas.pop();
    const end = index + words.length;
    const around = formulas.at(-1);
    const isInFormula = around !== undefined && end < around.end && around.end - end < longestAnswer;
    const answer = isInFormula ? restOfFormula(text.slice(end, around.close)) : restOfLine(text.slice(end));
    if (answer !== null) return answer;
  }
  return null;
}

/** `9` of `\text{Answer: } 9`, after the colon. */
function restOfFormula(rest: string): string | null {
  const formula = withoutLooseBraces(rest)
    .replace(/\\end\s?\{[a-z]+\*?\}\s*$/, '')
    .trim();
  return formula === '' ? null : formula;
}

function restOfLine(rest: string): string | null {
  const [line] = withoutLooseBraces(rest.slice(0, longestAnswer).split('\n\n', 1)[0]).split('\n\n', 1);
  return firstFormulas(line) ?? answerInSentence(line.split('\n', 1)[0]);
}

/** Without the braces that are closed in a text but opened before it. */
function withoutLooseBraces(text: string): string {
  const closed = new Set(closingBraces(text).values());
  return text.replace(/(?<!\\)\}/g, (brace, index) => (closed.has(index) ? brace : '')).trimStart();
}

/** The formula that a line starts with, and those joined to it: `$1$, $2$ and $3$.` */
function firstFormulas(line: string): string | null {
  const formulas = findFormulas(line);
  if (formulas.length === 0 || formulas[0].start > 0) return null;
  const next = formulas.findIndex(({ start }, i) => i > 0 && !areOneAnswer(line.slice(formulas[i - 1].end, start)));
  const joined = formulas.slice(0, next < 0 ? undefined : next);
  const { end } = joined[joined.length - 1];
  const [, percent, value] = /^\s{0,3}(?:(\\?%|percent)|=\s{0,3}(-?\d[\d.,]*))/.exec(line.slice(end, end + 40)) ?? [];
  const answer = joined.map(({ content }) => content).join(', ');
  return value === undefined ? answer + (percent === undefined ? '' : '\\%') : `${answer} = ${value}`;
}

/**
 * What a sentence says is the answer: all of it, or of many words the bold ones, what they say it is, or their first
 * number. null where they name none.
 */
function answerInSentence(line: string): string | null {
  const sentence = tidySentence(line);
  if (!isProse(sentence)) return sentence === '' || description.test(sentence) ? null : sentence;
  const [, bold] = /\*\*([^*]*\d[^*]*)\*\*/.exec(line) ?? [];
  if (bold !== undefined) return answerInSentence(bold);
  const verb = sentence.search(/\b(?:is|are|equals)\s(?!.*\b(?:is|are|equals)\s)/);
  const said = verb < 0 ? '' : sentence.slice(verb).replace(/^[a-z]+\s+/, '');
  // Where a function is defined "except for x = 2", 2 is what it is not; where "there is no number up to 9", 9 is not it.
  if (/\bexcept\b|^(?:there (?:is|are) )?no (?!more|less|fewer|greater)/i.test(sentence)) return sentence;
  if (/\d/.test(said) && !/[a-zA-Z]{3}/.test(withoutCommands(said))) return said;
  return (said.match(number) ?? sentence.match(number))?.[0] ?? null;
}

/** `a very large number`, which tells of a value and names none. */
const description = /^an? (?:[a-z]+ ){0,3}(?:number|value|integer|fraction|expression)$/i;

/** What no sentence is in a box with, whatever its entries are. */
const vector = /\\begin\s?\{|\\langle(?![a-zA-Z])|\\vec(?![a-zA-Z])|\\hat(?![a-zA-Z])/;

/** Of several words that are no names of functions. */
function isProse(sentence: string): boolean {
  const words = withoutCommands(sentence).match(/[a-zA-Z]{2,}/g) ?? [];
  return words.filter((word) => !isFunction(word)).length > (plainSentence.test(sentence) ? 2 : 3);
}

const plainSentence = /^[A-Z][a-z]+ [\w ,'-]+\.?$/;

const namingCommands = 'text|[mh]box|math[a-z]+|operatorname|over[a-z]+|vec|hat|bar|widehat|tilde';
const commandWithName = new RegExp(String.raw`\\(?:${namingCommands})\*? ?\{[^{}]*\}|\\[a-zA-Z]+`, 'g');

function withoutCommands(latex: string): string {
  return latex.replace(commandWithName, ' ');
}

/** Without what may stand before and after the answer. */
function tidySentence(line: string): string {
  return line
    .replace(/\.?\s?I hope it is correct.*$/, '')
    .replace(/(?<!\b(?:Mr|Mrs|Ms|Dr))\.\s.*$/, '')
    .replace(/,?\s(?:is correct|can be (?:verified|checked))\b.*$/, '')
    .replace(/(?:,\s|\s\(|\s)(?:because|since|so|which|as required|not|that is)\b.*$/, '')
    .replace(/^(?:therefore|thus|approximately|about|simply|the number|as follows)[:,]?\s/i, '')
    .replace(/\*\*|^[\s"'`*_]+|[\s"'`*_.]+$/g, '');
}

interface Formula {
  start: number;
  /** Where the closing mark starts. */
  close: number;
  end: number;
  content: string;
}

const delimiter = /\\\$|\$\$|\$|\\[()[\]]|\n/g;
const closers: Readonly<Record<string, string>> = { $: '$', $$: '$$', '\\(': '\\)', '\\[': '\\]' };

/** `$…$`, `$$…$$`, `\(…\)` and `\[…\]`, in order. A lone `$` ends with its line. */
function findFormulas(text: string): Formula[] {
  const formulas: Formula[] = [];
  let open: { mark: string; index: number } | null = null;
  for (const { 0: mark, index } of text.matchAll(delimiter)) {
    if (open && mark === closers[open.mark]) {
      const content = text.slice(open.index + open.mark.length, index).trim();
      if (content !== '') formulas.push({ start: open.index, close: index, end: index + mark.length, content });
      open = null;
    } else if (mark in closers && (!open || open.mark === '$')) open = { mark, index };
    else if (mark === '\n' && open?.mark === '$') open = null;
  }
  return formulas;
}

/** With thousands separators, a fraction's slash, a percent sign; not a part of ±5, √5 or x^5. */
const number =
  /(?<![±√^]\s?-?[\d.,]{0,20})(?:(?<![\w)\]}])[-−])?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+|(?=\.\d))(?:\.\d+)?(?:\/\d+)?(?:\s?\\?%)?/g;

/** Whichever ends later. */
function lastFormulaOrNumber(text: string): string | null {
  const formula = findFormulas(text).at(-1);
  const found = Array.from(text.matchAll(number)).at(-1);
  if (formula && (!found || formula.end > found.index) && formula.content.length <= longestAnswer)
    return formula.content;
  return found ? found[0].slice(0, longestAnswer) : null;
}
