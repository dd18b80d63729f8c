import { formatDifference } from '../../../output/figures.ts';
import type { PageDifference } from '../differences.ts';
import type { PageData } from '../page_data.ts';
import { byId, element, fill } from './dom.ts';

/** Below it a difference stands out. */
const alpha = 0.05;

/** What the table asks of the list of documents. */
export interface DifferenceListener {
  setBaseline(model: number): void;
  show(benchmark: number, show: string): void;
}

/** A row for each model but the baseline, a column a benchmark; the baseline is chosen above it. */
export function showDifferences(data: PageData, listener: DifferenceListener | null): void {
  if (data.differences.length === 0) return;
  fill('baseline', [['', data.models.map(({ label }, i) => [String(i), label])]]);
  byId('difference-controls').hidden = false;
  byId('difference-controls').addEventListener('submit', (event) => event.preventDefault());
  const select = byId<HTMLSelectElement>('baseline');
  const draw = () => {
    const baseline = Number(select.value);
    byId('differences-table').replaceChildren(differenceTable(data, baseline, listener));
    listener?.setBaseline(baseline);
  };
  select.addEventListener('change', draw);
  draw();
}

function differenceTable(data: PageData, baseline: number, listener: DifferenceListener | null): HTMLElement {
  const { models, benchmarks } = data;
  const own = againstBaseline(data.differences, baseline);
  const reach = Math.max(...own.map(({ value, interval }) => Math.max(...(interval ?? [value]).map(Math.abs))));
  const columns = [null, ...benchmarks.keys()].filter((column) => own.some(({ benchmark }) => benchmark === column));
  const heads = columns.map((column) =>
    element('th', { scope: 'col' }, column === null ? 'Average' : benchmarks[column].title),
  );
  const rows = [...models.keys()].flatMap((model) => {
    if (model === baseline) return [];
    const cells = columns.map((column) => {
      const found = own.find(({ benchmark, second }) => benchmark === column && second === model);
      const isBetter = found && (column === null || benchmarks[column].higherIsBetter) === found.value > 0;
      return found ? differenceCell(found, isBetter ?? false, reach, listener) : element('td', {}, '–');
    });
    return [
      element('tr', {}, element('th', { scope: 'row', title: models[model].name }, models[model].label), ...cells),
    ];
  });
  const corner = element('th', { scope: 'col' }, `Against ${models[baseline].label}`);
  const head = element('tr', {}, corner, ...heads);
  return element('table', { class: 'differences' }, element('thead', {}, head), element('tbody', {}, ...rows));
}

/** All that have the baseline as their first model, turned around where it is the second. */
function againstBaseline(differences: readonly PageDifference[], baseline: number): PageDifference[] {
  return differences.flatMap((each): PageDifference[] => {
    if (each.first === baseline) return [each];
    if (each.second !== baseline) return [];
    const { first, second, value, interval, flips } = each;
    return [
      {
        ...each,
        first: second,
        second: first,
        value: -value,
        interval: interval && [-interval[1], -interval[0]],
        flips: flips && [flips[1], flips[0]],
      },
    ];
  });
}

function differenceCell(
  { second, benchmark, value, interval, pValue, flips, paired }: PageDifference,
  isBetter: boolean,
  reach: number,
  listener: DifferenceListener | null,
): HTMLElement {
  const isClear = pValue !== null && pValue <= alpha;
  const kind = isClear ? (isBetter ? 'right' : 'wrong') : null;
  const cell = element('td', { class: kind }, element('span', { class: 'score' }, formatDifference(value)));
  if (interval) {
    cell.append(forest(value, interval, reach));
    cell.append(element('small', {}, `${formatDifference(interval[0])} to ${formatDifference(interval[1])}`));
  }
  const facts = [...(pValue === null ? [] : [formatP(pValue)]), ...(paired ? [] : ['unpaired'])];
  if (facts.length > 0) cell.append(element('small', {}, facts.join(', ')));
  if (flips && benchmark !== null && listener) {
    const button = (kind: string, text: string, count: number, what: string) => {
      const made = element('button', { type: 'button', class: 'flip', title: `List the documents that ${what}` }, text);
      made.disabled = count === 0;
      made.addEventListener('click', () => listener.show(benchmark, `${kind} ${second}`));
      return made;
    };
    const [gained, lost] = flips;
    cell.append(
      element(
        'span',
        { class: 'flips' },
        button('gain', `▲ ${gained.toLocaleString('en')}`, gained, 'only this model has right'),
        button('loss', `▼ ${lost.toLocaleString('en')}`, lost, 'only the baseline has right'),
      ),
    );
  }
  return cell;
}

function formatP(pValue: number): string {
  return pValue < 0.001 ? 'p < .001' : `p ${pValue.toFixed(3).replace(/^0/, '')}`;
}

/** The interval on a scale that all cells share, with zero in the middle. */
function forest(value: number, [low, high]: [number, number], reach: number): HTMLElement {
  const place = (at: number) => `${50 + (50 * at) / (reach || 1)}%`;
  const range = element('span', { class: 'range' });
  range.style.left = place(low);
  range.style.right = `calc(100% - ${place(high)})`;
  const dot = element('span', { class: 'dot' });
  dot.style.left = place(value);
  return element('span', { class: 'forest' }, range, dot);
}
