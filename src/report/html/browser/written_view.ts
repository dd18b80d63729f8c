import { isCutOff } from '../../../harness/record/generation.ts';
import type { WrittenText } from '../../../results/read/samples.ts';
import type { PageAnswer, PageData, PageDocument } from '../page_data.ts';
import { element } from './dom.ts';
import { highlighted } from './highlight.ts';

const outcomes: Readonly<Record<string, string>> = {
  graded: 'compared with the right answer',
  no_answer: 'no answer found',
  unparsed: 'answer not understood, compared as text',
  gold_unparsed: 'right answer not understood, compared as text',
  timeout: 'comparison took too long',
  crash: 'comparison failed',
  prompt_too_long: 'prompt too long, not asked',
};

const endings: Readonly<Record<string, string>> = {
  eos: 'ended by itself',
  stop: 'ended by a stop string',
  length: 'cut off at the limit of tokens',
  context: 'cut off at the end of the window',
};

/** What each model wrote, the models with the least right first, and of each the texts side by side, wrong ones first. */
export function writtenView({ models }: PageData, { answers }: PageDocument, words: readonly string[]): HTMLElement {
  const groups = answers.flatMap((answer, model) => (answer?.written ? [{ answer, model }] : []));
  const ordered = groups.toSorted((a, b) => a.answer.score - b.answer.score);
  return element(
    'div',
    {},
    ...ordered.map(({ answer, model }) => {
      const texts = answer.written!.map((text, i) => ({ text, number: i + 1, isRight: isRight(text, answer) }));
      const right = texts.filter((each) => each.isRight).length;
      const heading = element('h3', { title: models[model].name }, models[model].label);
      heading.append(' ', element('small', {}, `${right} of ${texts.length} right`));
      const boxes = texts
        .toSorted((a, b) => Number(a.isRight) - Number(b.isRight))
        .map((each) => textBox(each.text, texts.length > 1 ? each.number : null, each.isRight, words));
      return element('section', { class: 'written-by' }, heading, element('div', { class: 'written' }, ...boxes));
    }),
  );
}

export function isRight(text: WrittenText, { score }: PageAnswer): boolean {
  return text.correct ?? score === 1;
}

function textBox(
  { text, answer, outcome, tokens, finish }: WrittenText,
  number: number | null,
  right: boolean,
  words: readonly string[],
): HTMLElement {
  const isCut = isCutOff(finish);
  const facts = [
    ...(number === null ? [] : [`sample ${number}`]),
    ...(outcome === null ? [] : [outcomes[outcome] ?? outcome]),
    ...(tokens === null ? [] : [`${tokens.toLocaleString('en')} token${tokens === 1 ? '' : 's'}`]),
    ...(finish === null || isCut ? [] : [endings[finish] ?? `ended by ${finish}`]),
  ];
  const taken = answer === null ? element('em', {}, 'no answer') : element('code', {}, answer);
  const verdict = element('p', { class: 'verdict' }, element('strong', {}, right ? '✓ right' : '✗ wrong'), ' ', taken);
  if (isCut) verdict.append(' ', element('span', { class: 'badge' }, endings[finish]));
  const label = number === null ? 'Response' : `Response ${number}`;
  const region = { class: 'context', tabindex: '0', role: 'region', 'aria-label': label };
  const box = element('p', region, ...highlighted(text || '(empty)', words));
  return element(
    'article',
    { class: right ? 'right' : 'wrong' },
    verdict,
    element('p', { class: 'note' }, facts.join(' · ')),
    box,
  );
}
