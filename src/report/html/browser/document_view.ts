import type { PageAnswer, PageData, PageDocument } from '../page_data.ts';
import { choiceView } from './choice_view.ts';
import { writtenTexts } from './documents.ts';
import { element } from './dom.ts';
import { excerpt, highlighted } from './highlight.ts';
import { isRight, writtenView } from './written_view.ts';

/** Models whose names fit beside their outcomes; those of more stand above the list. */
export const namedOutcomes = 3;

const snippetLength = 400;

/**
 * A document as a line that opens; what is below it is made when it does.
 *
 * @param words of the search, in lower case
 */
export function documentView(data: PageData, each: PageDocument, words: readonly string[], open: boolean): HTMLElement {
  const heading = element('span', { class: 'place' }, `${data.benchmarks[each.benchmark].title} #${each.id}`);
  const snippet = element('span', { class: 'snippet' }, ...highlighted(snippetOf(each, words), words));
  const outcomes = element('span', { class: 'outcomes' }, ...each.answers.map((answer, i) => outcome(data, answer, i)));
  const details = element('details', {}, element('summary', {}, heading, snippet, outcomes));
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) details.append(body(data, each, words));
  });
  details.open = open;
  return element('li', {}, details);
}

/** The beginning of the text, or where it has a word of the search. */
function snippetOf(each: PageDocument, words: readonly string[]): string {
  const { context, choices } = each;
  if (context === null) return 'Confidential text';
  const texts = [context, choices.join(' / '), ...writtenTexts(each)].filter(Boolean);
  const found = texts.find((text) => words.some((word) => text.toLowerCase().includes(word)));
  return excerpt(found ?? texts[0] ?? '', words, snippetLength);
}

function outcome({ models }: PageData, answer: PageAnswer | null, model: number): HTMLElement {
  const { name, label } = models[model];
  const [kind, sign, text] = judge(answer);
  const shown = models.length <= namedOutcomes ? `${sign} ${label}` : sign;
  const named = { role: 'img', title: `${name}: ${text}`, 'aria-label': `${label}: ${text}` };
  return element('span', { class: `outcome ${kind}`, ...named }, shown);
}

function judge(answer: PageAnswer | null): [kind: string, sign: string, text: string] {
  if (!answer) return ['none', '–', 'no answer'];
  if (answer.score === 1) return ['right', '✓', 'right'];
  if (answer.score === 0) return ['wrong', '✗', 'wrong'];
  const { written } = answer;
  if (written && written.length > 1 && answer.score > 0 && answer.score < 1) {
    const right = written.filter((text) => isRight(text, answer)).length;
    return ['partly', `${right}/${written.length}`, `${right} of ${written.length} right`];
  }
  const text = String(Number(answer.score.toFixed(3)));
  return ['none', text, text];
}

function body(data: PageData, each: PageDocument, words: readonly string[]): HTMLElement {
  const { context, choices, target } = each;
  const body = element('div', { class: 'body' });
  if (context === null) {
    const note = 'The texts of this benchmark are confidential; a report made with --reveal shows them.';
    body.append(element('p', { class: 'note' }, note));
  } else if (context !== '') body.append(element('p', { class: 'context' }, ...highlighted(context, words)));
  if (choices.length > 0) body.append(choiceView(data, each, words));
  else {
    if (target !== undefined)
      body.append(element('p', { class: 'target' }, 'Right answer: ', element('code', {}, target)));
    body.append(writtenView(data, each, words));
  }
  return body;
}
