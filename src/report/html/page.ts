import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { versions } from '../../harness/versions.ts';
import { counted } from '../../output/units.ts';
import type { ReportData } from '../report_data.ts';
import { Html, html, scriptJson } from './html.ts';
import type { PageData } from './page_data.ts';
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
 * A page that needs nothing beside itself, and may not ask for anything: its policy forbids all requests.
 *
 * @param packed what its script unpacks when it needs it
 */
export function* page(
  title: string,
  data: ReportData,
  index: PageData,
  packed: readonly Html[],
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
<a class="skip" href="#documents">To the documents</a>
<header>
<div><h1>${title}</h1><p>${summary(data)}</p></div>
<div id="theme" role="group" aria-label="Colours" hidden>${['auto', 'light', 'dark'].map(themeButton)}</div>
</header>
<nav class="sections" aria-label="Sections"><ul>${sections.map(link)}</ul></nav>
<main>
${sections.map(({ id, title: heading, content }) => html`<section id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${heading}</h2>\n${content}\n</section>\n`)}
</main>
<footer>Made by hon-eval ${versions().honEval}.</footer>
<script type="application/json" id="data">${scriptJson(index)}</script>
`.toString();
  for (const part of packed) yield part.toString();
  yield html`<script>${new Html(script)}</script>
</body>
</html>
`.toString();
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
  const parts = [counted(models.length, 'model'), counted(benchmarks.length, 'benchmark')];
  return [...parts, ...(documents.length > 0 ? [counted(documents.length, 'document')] : [])].join(' · ');
}

function themeButton(value: string): Html {
  const name = value[0].toUpperCase() + value.slice(1);
  return html`<button type="button" value="${value}" aria-pressed="false">${name}</button>`;
}

function link({ id, title }: Section): Html {
  return html`<li><a href="#${id}">${title}</a></li>`;
}
