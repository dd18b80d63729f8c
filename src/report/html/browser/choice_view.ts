import { goldMargin, softmax } from '../../../metrics/softmax.ts';
import type { PageAnswer, PageBenchmark, PageData, PageDocument } from '../page_data.ts';
import { element, scrollBox } from './dom.ts';
import { highlighted } from './highlight.ts';

/** The choices with their letters, and what each model makes of them: a row a model, a column a choice. */
export function choiceView(data: PageData, each: PageDocument, words: readonly string[]): HTMLElement {
  const box = scrollBox('Scores of the choices', choiceTable(data, each));
  const note = element('p', { class: 'note' }, explanation(data.benchmarks[each.benchmark], each));
  return element('div', {}, choiceList(each, words), note, box, logProbabilities(data, each));
}

/** What the table's numbers are. */
function explanation({ metric, description }: PageBenchmark, { answers }: PageDocument): string {
  const normalised = answers.some((answer) => answer?.deciding);
  const meaning = description ? ` (${description})` : '';
  const score = normalised ? `score that decides ${metric}${meaning}` : 'log-likelihood in nats';
  const share = `share of the probability of all choices${normalised ? ' by log-likelihood' : ''}`;
  return `Each choice’s ${score}, its ${share}, and its tokens. ● chosen.`;
}

function choiceList({ choices, gold, context }: PageDocument, words: readonly string[]): HTMLElement {
  const items = choices.map((choice, i) => {
    const text = choice || (context === null ? 'Confidential text' : '(empty)');
    const right = i === gold ? element('span', { class: 'gold' }, '✓ right') : null;
    const shown = element('span', { class: 'choice' }, ...highlighted(text, words));
    return element('li', { class: i === gold ? 'gold-choice' : null }, element('b', {}, letter(i)), shown, right);
  });
  return element('ol', { class: 'choice-list' }, ...items);
}

/** A to Z, and numbers where there are more. */
function letter(choice: number): string {
  return choice < 26 ? String.fromCharCode(65 + choice) : String(choice + 1);
}

function choiceTable({ models }: PageData, each: PageDocument): HTMLElement {
  const heads = each.choices.map((_, i) => {
    const isGold = i === each.gold;
    return element('th', { scope: 'col', class: isGold ? 'gold' : null }, `${letter(i)}${isGold ? ' ✓' : ''}`);
  });
  const rows = models.map(({ name, label }, model) => {
    const answer = each.answers[model];
    const likelihoods = answer?.scores.map(Number) ?? [];
    const shares = softmax(likelihoods);
    const cells = each.choices.map((_, i) => scoreCell(answer, i, shares[i], i === each.gold));
    const head = element('th', { scope: 'row', title: name }, label);
    return element('tr', {}, head, ...cells, element('td', {}, marginText(likelihoods, each.gold)));
  });
  const last = element(
    'th',
    { scope: 'col', title: 'Log-likelihood of the right choice less that of the best wrong one' },
    'Margin',
  );
  return element(
    'table',
    { class: 'choices' },
    element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'Model'), ...heads, last)),
    element('tbody', {}, ...rows),
  );
}

/** The score that decides over the choice's share of the probability. */
function scoreCell(answer: PageAnswer | null, choice: number, share: number, isGold: boolean): HTMLElement {
  const likelihood = answer?.scores[choice];
  const score = answer?.deciding?.[choice] ?? likelihood;
  if (score === undefined) return element('td', {}, '–');
  const isChosen = answer?.chosen === choice;
  const kind = isChosen ? `chosen ${isGold ? 'right' : 'wrong'}` : null;
  const tokens = answer?.tokens?.[choice];
  const facts = [
    ...(Number.isNaN(share) ? [] : [formatPercent(share)]),
    ...(tokens === undefined ? [] : [`${tokens} tok`]),
  ];
  const bar = element('span', { class: 'bar' });
  bar.style.width = `${Number.isNaN(share) ? 0 : 100 * share}%`;
  const sign = isChosen ? element('span', { role: 'img', 'aria-label': 'chosen', class: 'sign' }, '●') : null;
  return element(
    'td',
    { class: kind, title: answer?.deciding ? `log-likelihood ${likelihood}` : null },
    sign,
    element('span', { class: 'score' }, typeof score === 'number' ? formatScore(score) : score),
    element('small', {}, facts.join(' · ')),
    bar,
  );
}

function marginText(likelihoods: readonly number[], gold: number | null): string {
  const margin = goldMargin(likelihoods, gold);
  return margin === null || Number.isNaN(margin) ? '–' : (margin > 0 ? '+' : '') + formatScore(margin);
}

/** Tokens' log-probabilities of models whose samples have them, a row a choice; darker is less probable. */
function logProbabilities({ models }: PageData, { answers }: PageDocument): HTMLElement | null {
  const rows = answers.flatMap((answer, model) =>
    (answer?.logProbs ?? []).map((values, choice) => {
      const tokens = values.map((value, i) => {
        const text = answer?.tokenTexts?.[choice]?.[i];
        const token = element(
          'span',
          { class: 'token' },
          ...(text === undefined ? [] : [element('code', {}, visible(text))]),
          Number.isFinite(Number(value)) ? formatScore(Number(value)) : '−∞',
        );
        token.style.setProperty('--weight', `${Math.min(100, -20 * Number(value))}%`);
        return token;
      });
      const head = element('th', { scope: 'row' }, choice === 0 ? `${models[model].label} ` : '', letter(choice));
      return element('tr', {}, head, element('td', {}, ...tokens));
    }),
  );
  if (rows.length === 0) return null;
  const table = element('table', { class: 'tokens' }, element('tbody', {}, ...rows));
  const box = scrollBox('Log-probabilities of tokens', table);
  return element('details', { class: 'more' }, element('summary', {}, 'Log-probability of every token, in nats'), box);
}

/** A token's text with marks for what shows nothing; a character that later tokens end is theirs. */
function visible(text: string): string {
  return text === '' ? '…' : text.replaceAll(' ', '␣').replaceAll('\n', '⏎').replaceAll('\t', '⇥');
}

function formatScore(value: number): string {
  return value.toFixed(Math.abs(value) < 10 ? 3 : 2).replace('-', '−');
}

function formatPercent(share: number): string {
  return `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`;
}
