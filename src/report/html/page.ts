import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { versions } from '../../harness/versions.ts';
import { honLabel } from '../../model/hon.ts';
import { readableCount } from '../../output/units.ts';
import type { ReportData } from '../report_data.ts';
import { formatTable } from '../table/formats.ts';
import type { AttachedPicture } from './figures.ts';
import { Html, html } from './html.ts';
import { pageJson } from './page_data.ts';
import { style } from './style.ts';

/** What the build made of `browser/`; sources that are run as they are take it from there. */
const browserScript = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/src/report/html/browser.js' : './browser.js',
  import.meta.url,
);

export interface Section {
  id: string;
  title: string;
  content: Html;
}

/**
 * A page that needs nothing beside itself, and may not ask for anything: its policy forbids all requests. It comes in
 * pieces, as its documents may be more than one text holds.
 */
export function* page(
  title: string,
  data: ReportData,
  reveal: boolean,
  sections: readonly Section[],
): Generator<string> {
  const script = readFileSync(browserScript, 'utf8');
  yield html`<!doctype html>
<html lang="en" data-theme="auto">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(script)}">
<meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body>
<header>
<div><h1>${title}</h1><p>${summary(data)}</p></div>
<div id="theme" role="group" aria-label="Colours" hidden>${['auto', 'light', 'dark'].map(themeButton)}</div>
</header>
<nav class="sections" aria-label="Sections"><ul>${sections.map(link)}</ul></nav>
<main>
${sections.map(({ id, title: heading, content }) => html`<section id="${id}"><h2>${heading}</h2>\n${content}\n</section>\n`)}
</main>
<footer>Made by hon-eval ${versions().honEval}.</footer>
`.toString();
  if (data.documents.length > 0) {
    yield '<script type="application/json" id="data">';
    yield* pageJson(data, reveal);
    yield '</script>\n';
  }
  yield `<script>${script}</script>\n</body>\n</html>\n`;
}

function policy(script: string): string {
  const hash = createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    'img-src data:',
    "style-src 'unsafe-inline'",
    `script-src 'sha256-${hash}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function summary({ models, benchmarks, documents }: ReportData): string {
  const parts = [count(models.length, 'model'), count(benchmarks.length, 'benchmark')];
  return [...parts, ...(documents.length > 0 ? [count(documents.length, 'document')] : [])].join(' · ');
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;
}

function themeButton(value: string): Html {
  const name = value[0].toUpperCase() + value.slice(1);
  return html`<button type="button" value="${value}" aria-pressed="false">${name}</button>`;
}

function link({ id, title }: Section): Html {
  return html`<li><a href="#${id}">${title}</a></li>`;
}

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

export function documentSection({ documents }: Pick<ReportData, 'documents'>): Section {
  const title = 'Documents';
  if (documents.length === 0) {
    return { id: 'documents', title, content: html`<p class="note">There are no samples beside these results.</p>` };
  }
  const select = (id: string, name: string) => html`<label>${name}<select id="${id}"></select></label>\n`;
  const content = html`<p class="note">✓ right and ✗ wrong by the benchmark’s metric. An open document has the log-likelihood of each choice in nats, with its share of the probability of all choices; bold is the one that the model chose.</p>
<form id="controls" role="search" hidden>
<label>Search<input type="search" id="search" placeholder="words of a document, or #12" autocomplete="off"></label>
${select('benchmark', 'Benchmark')}${select('show', 'Show')}${select('sort', 'Sort by')}
<p id="count" role="status"></p>
<label class="check"><input type="checkbox" id="open-all"> Open all</label>
</form>
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
