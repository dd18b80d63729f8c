import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TaskRecord } from '../../../src/harness/record/run_record.ts';
import type { TokenScore } from '../../../src/harness/record/scored.ts';
import { packColumns, packDocuments } from '../../../src/report/html/packed.ts';
import type { Columns, PageDocument } from '../../../src/report/html/page_data.ts';
import { writeReport } from '../../../src/report/html/write_report.ts';
import { taskRecord } from '../../results/example_run.ts';
import { writeResults } from '../../results/made_results.ts';
import { lackingChromium, launchChromium } from './chromium.ts';

if (lackingChromium) console.warn(`Skipped the tests of the report in a browser: ${lackingChromium}.`);

const hostile = '</script><img src="https://example.org/x.png" onerror="alert(1)">';

/** Documents that read `<word> 0`, `<word> 1`, … */
function worded(name: string, word: string, logLikelihoods: number[][]): TaskRecord {
  const task = taskRecord(name, logLikelihoods);
  const documents = task.documents.map((scored, i) => {
    const context = `${word} ${i}`;
    const requests = scored.requests.map(([, continuation]): [string, string] => [context, continuation]);
    const scores = scored.scores.map((score) => ({
      ...score,
      tokenScores: [' a', '\n'].map((text): TokenScore => [score.logLikelihood / 2, text]),
    }));
    return { ...scored, document: { ...scored.document, context, doc: { context } }, requests, scores };
  });
  return { ...task, documents };
}

/** More on one page than fits: 40 documents that are right one after another, and two of a second benchmark. */
function benchmarks(shift: number): TaskRecord[] {
  const wheels = Array.from({ length: 40 }, (_, i) => ((i + shift) % 4 === 0 ? [-9 - i, -1] : [-1, -9 - i]));
  return [
    worded('arc_easy', 'wheel', wheels),
    worded('piqa', hostile, [
      [-1, -2],
      [-2, -1],
    ]),
  ];
}

describe.skipIf(lackingChromium)('the report in Chromium', () => {
  let folder: string;
  let file: string;
  let browser: Browser;
  let page: Page;
  let problems: string[];
  let requests: string[];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-browser-'));
    file = path.join(folder, 'report.html');
    const picture = path.join(folder, 'maps.svg');
    writeFileSync(
      picture,
      '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="90"><script>alert(1)</script></svg>',
    );
    await writeResults(path.join(folder, 'r'), 'lab/base-70m', benchmarks(0));
    await writeResults(path.join(folder, 'r'), 'lab/hon-70m', benchmarks(1));
    const options = { out: file, title: hostile, figures: [picture], reveal: false };
    await writeReport([path.join(folder, 'r')], options);
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  beforeEach(async () => {
    [problems, requests] = [[], []];
    page = await open(file);
  });

  afterEach(async () => {
    await page.close();
    expect(problems).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:') && !url.startsWith('file://'))).toEqual([]);
    expect(requests.filter((url) => url.startsWith('file://'))).toHaveLength(1);
  });

  async function open(place: string): Promise<Page> {
    const opened = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
    opened.on('console', (message) => problems.push(message.text()));
    opened.on('pageerror', (error) => problems.push(error.message));
    opened.on('request', (request) => requests.push(request.url()));
    await opened.goto(pathToFileURL(place).href);
    return opened;
  }

  /** Lines of the list as they stand. */
  const places = () =>
    page.evaluate<string[]>(`[...document.querySelectorAll('.place')].map((each) => each.textContent)`);
  const count = (text: string) => page.getByText(text, { exact: true }).waitFor();

  test('shows one page of documents, and the next', async () => {
    await count('42 of 42 documents');
    expect(await places()).toHaveLength(25);
    await page.click('#pager button:last-child');
    expect((await places()).slice(-3)).toEqual(['ARC-E #39', 'PIQA #0', 'PIQA #1']);
    expect(await page.textContent('#pager span')).toBe('Page 2 of 2');
  });

  test('searches, filters and sorts', async () => {
    await page.fill('#search', 'WHEEL 3');
    await count('13 of 42 documents');
    expect((await places())[0]).toBe('ARC-E #3');
    await page.selectOption('#show', { label: 'Models differ' });
    await count('7 of 42 documents');
    await page.selectOption('#sort', { label: 'Lowest margin of base-70m' });
    expect(await places()).toEqual([36, 32, 3, 23, 31, 35, 39].map((id) => `ARC-E #${id}`));
    await page.fill('#search', '');
    await page.selectOption('#show', { label: 'All' });
    await page.selectOption('#benchmark', { label: 'PIQA' });
    await count('2 of 42 documents');
    await page.fill('#search', 'nowhere');
    await count('0 of 42 documents');
  });

  test('opens a document with every choice and both models, and what decided', async () => {
    await page.click('#document-list li:first-child summary');
    await page.locator('table.choices').first().waitFor();
    const rows = await page.evaluate<string[][]>(
      `[...document.querySelectorAll('table.choices tr')].map((row) => [...row.children].map((cell) => cell.textContent))`,
    );
    expect(rows).toEqual([
      ['Model', 'A ✓', 'B', 'Margin'],
      ['base-70m', '−9.0000.0% · 2 tok', '●−1.000100% · 2 tok', '−8.000'],
      ['hon-70m', '●−1.000100% · 2 tok', '−9.0000.0% · 2 tok', '+8.000'],
    ]);
  });

  test('shows the text and the log-probability of every token, where samples have them', async () => {
    await page.click('#document-list li:first-child summary');
    const tokens = await page.evaluate<string[][]>(
      `[...document.querySelectorAll('table.tokens tr')].map((row) => [...row.querySelectorAll('.token')].map((token) => token.textContent))`,
    );
    expect(tokens).toEqual([
      ['␣a−4.500', '⏎−4.500'],
      ['␣a−0.500', '⏎−0.500'],
      ['␣a−0.500', '⏎−0.500'],
      ['␣a−4.500', '⏎−4.500'],
    ]);
  });

  test('takes text for text', async () => {
    await page.selectOption('#benchmark', { label: 'PIQA' });
    await page.click('label.check');
    await page.locator('table.choices').nth(1).waitFor();
    expect(await page.textContent('.context')).toBe(`${hostile} 0`);
    expect(await page.textContent('h1')).toBe(hostile);
    expect(await page.evaluate(`document.images.length`)).toBe(1);
  });

  test('is light or dark as the system is, or as one says', async () => {
    const background = () => page.evaluate<string>(`getComputedStyle(document.body).backgroundColor`);
    const [light, dark] = ['rgb(255, 255, 255)', 'rgb(20, 23, 27)'];
    expect(await background()).toBe(light);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await background()).toBe(dark);
    await page.click('#theme button[value=light]');
    expect(await background()).toBe(light);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.click('#theme button[value=dark]');
    expect(await background()).toBe(dark);
    await page.emulateMedia({ media: 'print' });
    expect(await background()).toBe(light);
    await page.emulateMedia({ media: 'screen' });
    await page.click('#theme button[value=auto]');
    expect(await background()).toBe(light);
  });

  test.each([390, 1280])('never scrolls sideways at %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    await page.click('label.check');
    await page.locator('table.choices').first().waitFor();
    expect(await page.evaluate(`document.documentElement.scrollWidth`)).toBe(width);
  });

  test('has a baseline to choose, and lists the documents that a model gains or loses against it', async () => {
    const [gained, lost] = ['#differences-table td:nth-child(3) button >> nth=0', '#differences-table button >> nth=1'];
    expect(await page.locator('#differences-table tbody th').allTextContents()).toEqual(['hon-70m']);
    expect(await page.textContent(gained)).toBe('▲ 10');
    await page.selectOption('#baseline', { label: 'hon-70m' });
    expect(await page.locator('#differences-table tbody th').allTextContents()).toEqual(['base-70m']);
    await page.click(lost);
    await count('10 of 42 documents');
    expect(await places()).toEqual(Array.from({ length: 10 }, (_, i) => `ARC-E #${4 * i}`));
    // What the new baseline leaves of the choices stays chosen; its own losses are no longer among them.
    const chosen = () => Promise.all(['#benchmark', '#show', '#sort'].map((id) => page.inputValue(id)));
    await page.selectOption('#benchmark', { label: 'ARC-E' });
    const [benchmark, , sort] = await chosen();
    await page.selectOption('#baseline', { label: 'base-70m' });
    expect(await chosen()).toEqual([benchmark, 'all', sort]);
    await count('40 of 42 documents');
  });

  test('shows the calibration of one benchmark at a time', async () => {
    const shown = () => page.locator('#calibration figure:visible figcaption span').allTextContents();
    expect((await shown()).map((text) => text.split(' · ')[0])).toEqual(['All benchmarks', 'All benchmarks']);
    await page.selectOption('#calibration select', { label: 'ARC-E' });
    expect((await shown()).map((text) => text.split(' · ')[0])).toEqual(['ARC-E', 'ARC-E']);
  });

  test('unpacks as many parts as there are', async () => {
    const large = path.join(folder, 'large.html');
    writeFileSync(large, withDocuments(readFileSync(file, 'utf8'), 3000));
    requests = [];
    await page.close();
    page = await open(large);
    await count('3,000 of 3,000 documents');
    await page.fill('#search', 'number 77');
    await count('57 of 3,000 documents');
    await page.selectOption('#sort', { label: 'Highest margin of hon-70m' });
    expect((await places()).slice(0, 2)).toEqual(['ARC-E #2977', 'ARC-E #2877']);
    expect(await page.locator('mark').first().textContent()).toBe('number');
  });
});

/** The page with made documents in the place of its own, of which the later ones have higher margins. */
function withDocuments(html: string, count: number): string {
  const made = Array.from({ length: count }, (_, id): PageDocument => {
    const answers = [0, 1].map((model) => ({ scores: [-1, -3 - model], chosen: 0, score: id % 2 }));
    const context = `${'Filler that makes it as long as a question of HellaSwag is. '.repeat(5)}number ${id}.`;
    return { benchmark: 0, id, context, choices: ['one', 'two'], gold: 0, answers };
  });
  const columns: Columns = {
    ids: Int32Array.from(made, ({ id }) => id),
    benchmarks: new Uint16Array(count),
    scores: Float32Array.from({ length: 2 * count }, (_, i) => (i >> 1) % 2),
    margins: Float32Array.from({ length: 2 * count }, (_, i) => i >> 1),
    probabilities: new Float32Array(2 * count),
    flags: new Uint8Array(2 * count),
  };
  const { parts, starts } = packDocuments(made);
  expect(parts.length).toBeGreaterThan(3);
  const packed = [...packColumns(columns), ...parts].join('');
  return html
    .replace(/<script type="text\/plain".*(?=<script>)/s, () => packed)
    .replace(/"count":\d+,"parts":\[.*?\]/, () => `"count":${count},"parts":${JSON.stringify(starts)}`);
}
