import type { PageData } from '../page_data.ts';
import { documentView } from './document_view.ts';
import { byId, element } from './dom.ts';
import { type Query, selectDocuments } from './selection.ts';

const pageSize = 25;
/** Milliseconds without a key before a search starts. */
const patience = 120;

/** The list of documents with its controls, one page of it at a time. */
export function showDocuments(data: PageData): void {
  const list = byId<HTMLOListElement>('document-list');
  const openAll = byId<HTMLInputElement>('open-all');
  let selected: number[] = [];
  let page = 0;

  function draw(): void {
    const shown = selected.slice(page * pageSize, (page + 1) * pageSize);
    list.replaceChildren(...shown.map((i) => documentView(data, data.documents[i], openAll.checked)));
    describe(selected.length, data.documents.length, page, (next) => turn(next));
  }

  function turn(next: number): void {
    page = next;
    draw();
    byId('documents').scrollIntoView();
  }

  function select(): void {
    selected = selectDocuments(data, readQuery());
    page = 0;
    draw();
  }

  offerChoices(data);
  let timer: ReturnType<typeof setTimeout>;
  byId('search').addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(select, patience);
  });
  for (const id of ['benchmark', 'show', 'sort']) byId(id).addEventListener('change', select);
  byId('controls').addEventListener('submit', (event) => event.preventDefault());
  openAll.addEventListener('change', draw);
  select();
}

function readQuery(): Query {
  const value = (id: string) => byId<HTMLInputElement | HTMLSelectElement>(id).value;
  const benchmark = value('benchmark');
  return {
    search: value('search'),
    benchmark: benchmark === 'all' ? null : Number(benchmark),
    show: value('show'),
    sort: value('sort'),
  };
}

/** Fills the selects, whose options depend on models and benchmarks. */
function offerChoices({ models, benchmarks }: PageData): void {
  const several = models.length > 1;
  const ofModels = (kind: string, text: (label: string) => string): [string, string][] =>
    models.map(({ label }, i) => [`${kind} ${i}`, text(label)]);
  fill('benchmark', [['all', 'All'], ...benchmarks.map((title, i): [string, string] => [String(i), title])]);
  fill('show', [
    ['all', 'All'],
    ...(several
      ? ([
          ['differ', 'Models differ'],
          ['right', 'All right'],
          ['wrong', 'All wrong'],
        ] as [string, string][])
      : []),
    ...ofModels('right', (label) => `${label} right`),
    ...ofModels('wrong', (label) => `${label} wrong`),
  ]);
  fill('sort', [
    ['order', "Data set's order"],
    ...(several ? ([['spread', 'Models furthest apart']] as [string, string][]) : []),
    ...ofModels('low', (label) => `Lowest margin of ${label}`),
    ...ofModels('high', (label) => `Highest margin of ${label}`),
  ]);
}

function fill(id: string, options: readonly [value: string, text: string][]): void {
  byId(id).replaceChildren(...options.map(([value, text]) => element('option', { value }, text)));
}

function describe(count: number, total: number, page: number, turn: (page: number) => void): void {
  const number = (value: number) => value.toLocaleString('en');
  byId('count').textContent = `${number(count)} of ${number(total)} documents`;
  const pages = Math.max(1, Math.ceil(count / pageSize));
  const button = (text: string, next: number) => {
    const made = element('button', { type: 'button', disabled: next < 0 || next >= pages }, text);
    made.addEventListener('click', () => turn(next));
    return made;
  };
  const place = element('span', {}, `Page ${number(page + 1)} of ${number(pages)}`);
  byId('pager').hidden = pages === 1;
  byId('pager').replaceChildren(button('Previous', page - 1), place, button('Next', page + 1));
}
