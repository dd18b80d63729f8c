/**
 * What a report's page costs in Chromium: how long it takes to open and to answer, and what it holds.
 *
 *     node bench/made_results.ts --documents 50000 --tasks arc_easy,hellaswag --output made
 *     hon-eval report made --out made.html && node bench/page.ts made.html
 *
 * Each figure is the median of some rounds, but for the first search, for which texts have to be unpacked.
 */
import { readFileSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { launchChromium } from '../test/report/html/chromium.ts';
import { median } from './statistics.ts';

const rounds = 3;
const [file] = process.argv.slice(2);
const browser = await launchChromium();
const opening: number[] = [];
for (let round = 0; round < rounds; round++) {
  const page = await browser.newPage();
  const start = performance.now();
  await page.goto(pathToFileURL(file).href, { timeout: 120_000 });
  await page.locator('#document-list > li').first().waitFor({ timeout: 120_000 });
  opening.push(performance.now() - start);
  if (round < rounds - 1) await page.close();
}
const [page] = browser.contexts().at(-1)!.pages();
report('file', statSync(file).size / 2 ** 20, 'MiB');
report('open', median(opening), 'ms');
report('memory when open', await memory(), 'MiB');
report('first search', await answered(page, 'search', 'input', 'miller counted wheat'), 'ms');
for (const [id, event, values] of [
  ['search', 'input', ['rain sacks', 'noon again', '#77']],
  ['search', 'input', ['']],
  ['show', 'change', ['differ', 'wrong 0', 'all']],
  ['sort', 'change', ['spread', 'low 0', 'order']],
] as const) {
  const times: number[] = [];
  for (const value of values) times.push(await answered(page, id, event, value));
  report(`${id} ${values.join(', ')}`, median(times), 'ms');
}
report('memory at the end', await memory(), 'MiB');
await browser.close();

/** Milliseconds from an input to the list that answers it, on the screen. */
function answered(on: Page, id: string, event: string, value: string): Promise<number> {
  return on.evaluate<number>(`new Promise((resolve) => {
    const [control, list] = [document.getElementById(${JSON.stringify(id)}), document.getElementById('document-list')];
    const started = performance.now();
    const observer = new MutationObserver(() => {
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)));
    });
    observer.observe(list, { childList: true });
    control.value = ${JSON.stringify(value)};
    control.dispatchEvent(new Event(${JSON.stringify(event)}));
  })`);
}

/** Resident memory of the page's process, in MiB. */
async function memory(): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const held = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))![1]) / 1024);
  return Math.max(...held);
}

function report(what: string, value: number, unit: string): void {
  console.log(`${what.padEnd(34)} ${value.toFixed(0).padStart(7)} ${unit}`);
}
