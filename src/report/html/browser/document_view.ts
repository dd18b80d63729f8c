import { softmax } from '../../../metrics/softmax.ts';
import type { PageAnswer, PageData, PageDocument } from '../page_data.ts';
import { element } from './dom.ts';
import { margin, scoresOf } from './selection.ts';

/** Models whose names fit beside their outcomes. */
const namedOutcomes = 3;

/** A document as a line that opens; what is below it is made when it does. */
export function documentView(data: PageData, each: PageDocument, open: boolean): HTMLElement {
  const heading = element('span', { class: 'place' }, `${data.benchmarks[each.benchmark]} #${each.id}`);
  const snippet = element('span', { class: 'snippet' }, snippetOf(each));
  const outcomes = element('span', { class: 'outcomes' }, ...each.answers.map((answer, i) => outcome(data, answer, i)));
  const details = element('details', {}, element('summary', {}, heading, snippet, outcomes));
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) details.append(body(data, each));
  });
  details.open = open;
  return element('li', {}, details);
}

function snippetOf({ context, choices }: PageDocument): string {
  if (context === null) return 'Confidential text';
  return (context || choices.join(' / ')).slice(0, 400);
}

function outcome({ models }: PageData, answer: PageAnswer | null, model: number): HTMLElement {
  const { name, label } = models[model];
  const [kind, sign, text] = judge(answer);
  const shown = models.length <= namedOutcomes ? `${sign} ${label}` : sign;
  return element('span', { class: `outcome ${kind}`, title: `${name}: ${text}` }, shown);
}

function judge(answer: PageAnswer | null): [kind: string, sign: string, text: string] {
  if (!answer) return ['none', '–', 'no answer'];
  if (answer.score === 1) return ['right', '✓', 'right'];
  if (answer.score === 0) return ['wrong', '✗', 'wrong'];
  const text = String(Number(answer.score.toFixed(3)));
  return ['none', text, text];
}

function body(data: PageData, each: PageDocument): HTMLElement {
  const text = each.context ?? 'The texts of this benchmark are confidential; a report made with --reveal shows them.';
  const context =
    each.context === '' ? null : element('p', { class: each.context === null ? 'note' : 'context' }, text);
  if (each.choices.length === 0) {
    const target = each.target === undefined ? null : element('p', {}, `Right answer: ${each.target}`);
    return element('div', { class: 'body' }, context, target, writtenTexts(data, each));
  }
  const box = element('div', { class: 'scroll', tabindex: '0', role: 'region' }, choiceTable(data, each));
  box.setAttribute('aria-label', 'Choices');
  return element('div', { class: 'body' }, context, box);
}

/** Side by side, those that are not right first. */
function writtenTexts({ models }: PageData, each: PageDocument): HTMLElement {
  const all = each.answers.flatMap((answer, model) =>
    (answer?.written ?? []).map((text, i, { length }) => {
      const isRight = text.correct ?? answer?.score === 1;
      const facts = [
        models[model].label + (length > 1 ? `, ${i + 1} of ${length}` : ''),
        isRight ? '✓ right' : '✗ wrong',
        ...(text.answer === null ? [] : [`answer: ${text.answer}`]),
        ...(text.outcome === null ? [] : [text.outcome]),
        ...(text.tokens === null ? [] : [`${text.tokens} token${text.tokens === 1 ? '' : 's'}`]),
        ...(text.finish === null ? [] : [`ended by ${text.finish}`]),
      ];
      const head = element('p', { class: `note ${isRight ? 'right' : 'wrong'}` }, facts.join(' · '));
      return { isRight, box: element('div', {}, head, element('p', { class: 'context' }, text.text)) };
    }),
  );
  const ordered = all.toSorted((a, b) => Number(a.isRight) - Number(b.isRight));
  return element('div', { class: 'written' }, ...ordered.map(({ box }) => box));
}

function choiceTable({ models }: PageData, each: PageDocument): HTMLElement {
  const heads = models.map(({ name, label }) => element('th', { scope: 'col', title: name }, label));
  const shares = models.map((_, model) => softmax(scoresOf(each, model)));
  const rows = each.choices.map((choice, i) => {
    const gold = i === each.gold;
    const text = choice || (each.context === null ? `Choice ${i + 1}` : '(empty)');
    const sign = element('span', { class: 'gold', title: 'the right choice' }, gold ? '✓' : '');
    const head = element('div', {}, sign, element('span', { class: 'choice' }, text));
    const cells = each.answers.map((answer, model) => scoreCell(answer, i, shares[model][i]));
    return element('tr', { class: gold ? 'gold-row' : null }, element('th', { scope: 'row' }, head), ...cells);
  });
  return element(
    'table',
    { class: 'choices' },
    element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'Choice'), ...heads)),
    element('tbody', {}, ...rows),
    element('tfoot', {}, marginRow(each)),
  );
}

/** The score that decides, a log-likelihood or one per character or byte, over the choice's share of the probability. */
function scoreCell(answer: PageAnswer | null, choice: number, share: number): HTMLElement {
  const likelihood = answer?.scores[choice];
  const score = answer?.deciding?.[choice] ?? likelihood;
  if (score === undefined) return element('td', {}, '–');
  const bar = element('span', { class: 'bar' });
  bar.style.width = `${Number.isNaN(share) ? 0 : 100 * share}%`;
  const chosen = answer?.chosen === choice;
  const percent = element('small', {}, Number.isNaN(share) ? '' : formatPercent(share));
  const text = element('span', { class: 'score' }, typeof score === 'number' ? formatNats(score) : score, percent);
  const normalised = answer?.deciding ? [`log-likelihood ${likelihood}`] : [];
  const title = [...(chosen ? ['chosen'] : []), ...normalised].join(', ') || null;
  return element('td', { class: chosen ? 'chosen' : null, title }, text, bar);
}

function marginRow(each: PageDocument): HTMLElement {
  const cells = each.answers.map((_, model) => {
    const value = margin(each, model);
    return element('td', {}, value === null ? '–' : (value > 0 ? '+' : '') + formatNats(value));
  });
  return element('tr', {}, element('th', { scope: 'row' }, 'Right less best wrong'), ...cells);
}

function formatNats(value: number): string {
  return value.toFixed(2).replace('-', '−');
}

function formatPercent(share: number): string {
  return `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`;
}
