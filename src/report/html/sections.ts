import { honLabel } from '../../model/hon.ts';
import { readableCount } from '../../output/units.ts';
import type { ReportData } from '../report_data.ts';
import { formatTable } from '../table/formats.ts';
import type { AttachedPicture } from './figures.ts';
import { Html, html } from './html.ts';
import type { Section } from './page.ts';
import type { PageData } from './page_data.ts';

export function tableSection(data: ReportData): Section {
  const rows = data.table.rows.map((row, i) => ({ ...row, label: data.models[i].label }));
  const table = formatTable({ ...data.table, rows, notes: [] }, 'html', { stderr: true });
  const scale = data.table.groupTitle ? ' grouped' : '';
  const notes = [...(data.table.notes ?? []), ...data.notices];
  const content = html`<div class="scroll" tabindex="0" role="region" aria-label="Results">
${new Html(table.replace('<table>', `<table class="results${scale}">`))}
</div>
${notes.map((note) => html`<p class="note">${note}</p>\n`)}
<details class="more"><summary>Models and files</summary><div class="scroll">${modelTable(data)}</div></details>`;
  return { id: 'table', title: 'Results', content };
}

function modelTable({ models }: ReportData): Html {
  const rows = models.map(({ results: { name, honSetting, parameters, date, file }, label }) => {
    const day = date === null ? '–' : new Date(date * 1000).toISOString().slice(0, 10);
    const size = parameters === null ? '–' : readableCount(parameters);
    const cells = [label, honLabel(honSetting ?? undefined), size, day, file].map((text) => html`<td>${text}</td>`);
    return html`<tr><th scope="row">${name}</th>${cells}</tr>\n`;
  });
  const heads = ['Model', 'In charts', 'Attention', 'Parameters', 'Date', 'Results'];
  return html`<table class="facts"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table>`;
}

/** Every model against a baseline that is chosen in the page. */
export function differenceSection({ differences }: PageData): Section[] {
  if (differences.length === 0) return [];
  const content = html`<p class="note">How much more each model scores than the baseline on the same documents: the difference, its 95% interval, and p by McNemar’s exact test where documents are right or wrong and by Student’s or Welch’s t elsewhere, Holm-corrected over a model’s benchmarks. ▲ documents that only this model has right, ▼ only the baseline: a click lists them.</p>
<form id="difference-controls" class="controls" hidden><label>Baseline<select id="baseline"></select></label></form>
<div id="differences-table" class="scroll" tabindex="0" role="region" aria-label="Differences from the baseline"></div>
<noscript><p class="note">The differences need JavaScript.</p></noscript>`;
  return [{ id: 'differences', title: 'Differences', content }];
}

export function documentSection({ count }: PageData): Section {
  const title = 'Documents';
  if (count === 0) {
    return { id: 'documents', title, content: html`<p class="note">There are no samples beside these results.</p>` };
  }
  const select = (id: string, name: string) => html`<label>${name}<select id="${id}"></select></label>\n`;
  const content = html`<p class="note">✓ right and ✗ wrong by the benchmark’s metric. A document opens to what each model makes of every choice, or to what it wrote.</p>
<form id="controls" class="controls" role="search" hidden>
<label>Search<input type="search" id="search" placeholder="words of a document or a response, or #12" autocomplete="off"></label>
${select('benchmark', 'Benchmark')}${select('show', 'Show')}${select('sort', 'Sort by')}
<p id="count" role="status"></p>
<label class="check"><input type="checkbox" id="open-all"> Open all</label>
</form>
<div id="model-heads" aria-hidden="true" hidden></div>
<ol id="document-list"></ol>
<nav id="pager" aria-label="Pages" hidden></nav>
<noscript><p class="note">The list of documents needs JavaScript.</p></noscript>`;
  return { id: 'documents', title, content };
}

export function figureSection(figures: readonly AttachedPicture[]): Section[] {
  if (figures.length === 0) return [];
  const content = html`${figures.map(
    ({ name, url }) => html`<figure class="attached"><figcaption>${name}</figcaption>
<div class="scroll" tabindex="0"><img src="${url}" alt="${name}"></div></figure>\n`,
  )}`;
  return [{ id: 'figures', title: 'Figures', content }];
}
