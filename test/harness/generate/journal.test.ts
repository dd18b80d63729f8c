import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askedHash, Journal } from '../../../src/harness/generate/journal.ts';
import type { WrittenSample } from '../../../src/harness/record/scored.ts';

const run = { seed: 0, stop: ['\n'], temperature: 0.6 };
const place = { task: 'made', document: 3, sample: 1, asked: askedHash('2 + 2?', '4') };
const written: WrittenSample = {
  text: 'It is "4"\n\u2028 é😀\ud800.',
  tokens: 5,
  finish: 'eos',
  verdict: { correct: true, answer: '4', outcome: 'graded' },
};

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hon-eval-journal-'));
  file = join(folder, 'texts.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('Journal', () => {
  it('gives back what was added, to the character, for what was asked and nothing else', async () => {
    (await Journal.open(file, run, false)).add(place, written);
    const again = await Journal.open(file, run, true);
    expect(again.found).toBe(1);
    expect(again.find(place)).toEqual(written);
    for (const other of [{ task: 'x' }, { document: 4 }, { sample: 2 }, { asked: askedHash('2 + 2?', '5') }])
      expect(again.find({ ...place, ...other })).toBeUndefined();
    await again.remove();
    expect((await Journal.open(file, run, true)).found).toBe(0);
  });

  it('passes over lines that were cut short or are no texts, and goes on behind them', async () => {
    const first = await Journal.open(file, run, false);
    first.add(place, written);
    appendFileSync(file, '{"task":"made"}\nnull\n{"task":"made","docu');
    (await Journal.open(file, run, true)).add({ ...place, sample: 2 }, written);
    const again = await Journal.open(file, run, true);
    expect([again.found, again.find(place), again.find({ ...place, sample: 2 })]).toEqual([2, written, written]);
  });

  it('begins anew where there are no texts yet', async () => {
    for (const content of ['', '{"seed":7}\n', '{"see', '\u0000\u0001']) {
      writeFileSync(file, content);
      const journal = await Journal.open(file, run, content.length % 2 === 0);
      expect([journal.found, existsSync(file)]).toEqual([0, false]);
      journal.add(place, written);
      const [head, ...texts] = readFileSync(file, 'utf8').trim().split('\n');
      expect(JSON.parse(head)).toEqual({ ...run, begun: journal.begun.toISOString() });
      expect(texts).toHaveLength(1);
    }
  });

  it('goes on after a line that was cut within a character', async () => {
    (await Journal.open(file, run, false)).add(place, written);
    const line = Buffer.from('{"task":"made","text":"π');
    appendFileSync(file, line.subarray(0, -1));
    (await Journal.open(file, run, true)).add({ ...place, sample: 2 }, written);
    const again = await Journal.open(file, run, true);
    expect([again.found, again.find({ ...place, sample: 2 })]).toEqual([2, written]);
  });

  it('leaves a file alone that another run has begun meanwhile', async () => {
    const [first, second] = [await Journal.open(file, run, false), await Journal.open(file, run, false)];
    first.add(place, written);
    expect(() => second.add(place, written)).toThrow(/^Another run has begun to write texts to /);
    first.add({ ...place, sample: 2 }, written);
    expect((await Journal.open(file, run, true)).found).toBe(2);
  });

  it('knows when the run was begun', async () => {
    const first = await Journal.open(file, run, false);
    first.add(place, written);
    await setTimeout(5);
    expect((await Journal.open(file, run, true)).begun).toEqual(first.begun);
  });

  it('refuses texts that are not to be gone on with, and those of another run', async () => {
    (await Journal.open(file, run, false)).add(place, written);
    await expect(Journal.open(file, run, false)).rejects.toMatchObject({
      kind: 'output',
      message: expect.stringMatching(/^An unfinished run has 1 texts in .*: go on with --resume/),
    });
    await expect(Journal.open(file, { ...run, stop: [] }, true)).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('were written with stop ["\\n"], not [];'),
    });
    await expect(Journal.open(file, { ...run, more: 1 }, true)).rejects.toMatchObject({ kind: 'usage' });
  });

  it('says where it cannot be written', async () => {
    const journal = await Journal.open(join(folder, 'nowhere/texts.jsonl'), run, false);
    expect(() => journal.add(place, written)).toThrow(/^Cannot write texts to .*nowhere/);
  });
});
