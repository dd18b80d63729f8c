import { flags } from '../flags.ts';
import type { Columns, PageData } from '../page_data.ts';
import { documentView, namedOutcomes } from './document_view.ts';
import { Documents, wordsOf } from './documents.ts';
import { byId, element, fill, type OptionGroup } from './dom.ts';
import { filterDocuments, type Query, sortDocuments } from './selection.ts';
import { unpackText } from './unpack.ts';

const pageSize = 25;
/** Milliseconds without a key before a search starts. */
const patience = 120;
/** Milliseconds between two notices of how far a search is. */
const progressInterval = 200;

/** The list of documents with its controls, one page of it at a time. */
export class DocumentList {
  readonly #data: PageData;
  readonly #columns: Columns;
  readonly #documents: Documents;
  #selected: number[] = [];
  #page = 0;
  /** Counts what was asked for: answers to what was asked before are not shown. */
  #turn = 0;
  #baseline = 0;

  constructor(data: PageData, columns: Columns) {
    this.#data = data;
    this.#columns = columns;
    this.#documents = new Documents(data.parts, data.benchmarks, (part) => unpackText(`part-${part}`));
    this.#offerChoices();
    byId('search').addEventListener('focus', () => this.#documents.prepare(), { once: true });
    let timer: ReturnType<typeof setTimeout>;
    byId('search').addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#select(), patience);
    });
    for (const id of ['benchmark', 'show', 'sort']) byId(id).addEventListener('change', () => this.#select());
    byId('controls').addEventListener('submit', (event) => event.preventDefault());
    byId('open-all').addEventListener('change', () => this.#draw());
    byId('controls').hidden = false;
    this.#select();
  }

  /** The model that gains and losses are against. */
  setBaseline(model: number): void {
    this.#baseline = model;
    const { value } = byId<HTMLSelectElement>('show');
    this.#offerChoices();
    if (/^(gain|loss)/.test(value)) this.#select();
  }

  /** Lists documents of a benchmark, and goes there. @param benchmark null for all */
  show(benchmark: number | null, show: string): void {
    byId<HTMLInputElement>('search').value = '';
    byId<HTMLSelectElement>('benchmark').value = benchmark === null ? 'all' : String(benchmark);
    byId<HTMLSelectElement>('show').value = show;
    this.#select();
    byId('documents').scrollIntoView();
    byId('show').focus({ preventScroll: true });
  }

  async #select(): Promise<void> {
    const turn = ++this.#turn;
    const { benchmarks } = this.#data;
    const query = this.#readQuery();
    const words = this.#words();
    let selected = filterDocuments(this.#columns, benchmarks, query);
    if (words.length > 0) {
      let told = performance.now();
      selected = await this.#documents.having(selected, {
        words,
        onProgress: (share) => {
          // Each change of the page costs it a frame.
          if (performance.now() < told + progressInterval) return;
          told = performance.now();
          byId('count').textContent = `Searching … ${Math.round(100 * share)}%`;
        },
        isOver: () => turn !== this.#turn,
      });
    }
    if (turn !== this.#turn) return;
    this.#selected = sortDocuments(this.#columns, benchmarks, selected, query.sort);
    this.#page = 0;
    await this.#draw();
  }

  async #draw(): Promise<void> {
    const turn = ++this.#turn;
    const start = this.#page * pageSize;
    const documents = await this.#documents.at(this.#selected.slice(start, start + pageSize));
    if (turn !== this.#turn) return;
    const open = byId<HTMLInputElement>('open-all').checked;
    const lines = documents.map((document) => documentView(this.#data, document, this.#words(), open));
    byId('document-list').replaceChildren(...lines);
    this.#describe();
  }

  async #goTo(page: number): Promise<void> {
    this.#page = page;
    await this.#draw();
    byId('documents').scrollIntoView();
  }

  #readQuery(): Query {
    const value = (id: string) => byId<HTMLSelectElement>(id).value;
    const benchmark = value('benchmark');
    return {
      benchmark: benchmark === 'all' ? null : Number(benchmark),
      show: value('show'),
      sort: value('sort'),
      baseline: this.#baseline,
    };
  }

  #words(): string[] {
    return wordsOf(byId<HTMLInputElement>('search').value);
  }

  /** Fills the selects, whose options depend on models and benchmarks. */
  #offerChoices(): void {
    const { models, benchmarks } = this.#data;
    const { margins, flags: cells } = this.#columns;
    const several = models.length > 1;
    const hasMargins = margins.some((margin) => !Number.isNaN(margin));
    const has = (flag: number) => cells.some((cell) => (cell & flag) !== 0);
    const ofModels = (kind: string, text: (label: string) => string, except?: number): OptionGroup[1] =>
      models.flatMap(({ label }, i) => (i === except ? [] : [[`${kind} ${i}`, text(label)]]));
    const against = models[this.#baseline].label;
    fill('benchmark', [
      ['', [['all', 'All'], ...benchmarks.map(({ title }, i): [string, string] => [String(i), title])]],
    ]);
    fill('show', [
      ['', [['all', 'All'], ...(several ? allModels : [])]],
      ['What was written', writtenKinds.filter(([kind]) => has(flags[kind]))],
      ['Right', ofModels('right', (label) => `${label} right`)],
      ['Wrong', ofModels('wrong', (label) => `${label} wrong`)],
      [`Better than ${against}`, several ? ofModels('gain', (label) => `${label} better`, this.#baseline) : []],
      [`Worse than ${against}`, several ? ofModels('loss', (label) => `${label} worse`, this.#baseline) : []],
    ]);
    fill('sort', [
      ['', [...(hasMargins ? [inOrder, failuresFirst] : [failuresFirst, inOrder])]],
      ['', several ? [['spread', 'Models furthest apart']] : []],
      ['Lowest score', several && !hasMargins ? ofModels('worst', (label) => `Lowest score of ${label}`) : []],
      ['Lowest margin', hasMargins ? ofModels('low', (label) => `Lowest margin of ${label}`) : []],
      ['Highest margin', hasMargins ? ofModels('high', (label) => `Highest margin of ${label}`) : []],
    ]);
    const heads = byId('model-heads');
    heads.hidden = models.length <= namedOutcomes;
    heads.replaceChildren(...models.map(({ name, label }) => element('span', { title: name }, label)));
  }

  #describe(): void {
    const number = (value: number) => value.toLocaleString('en');
    const [count, page] = [this.#selected.length, this.#page];
    byId('count').textContent = `${number(count)} of ${number(this.#data.count)} documents`;
    const pages = Math.max(1, Math.ceil(count / pageSize));
    const button = (text: string, next: number) => {
      const made = element('button', { type: 'button', disabled: next < 0 || next >= pages }, text);
      made.addEventListener('click', () => this.#goTo(next));
      return made;
    };
    const place = element('span', {}, `Page ${number(page + 1)} of ${number(pages)}`);
    byId('pager').hidden = pages === 1;
    byId('pager').replaceChildren(button('Previous', page - 1), place, button('Next', page + 1));
  }
}

const inOrder: [string, string] = ['order', "Data set's order"];
const failuresFirst: [string, string] = ['failures', 'Failures first'];

const allModels: [string, string][] = [
  ['differ', 'Models differ'],
  ['right', 'All right'],
  ['wrong', 'All wrong'],
];

const writtenKinds: [keyof typeof flags, string][] = [
  ['cutOff', 'Cut off'],
  ['noAnswer', 'Without an answer'],
];
