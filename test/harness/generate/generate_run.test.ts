import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GradingPool } from '../../../src/grading/pool.ts';
import { type GenerationOptions, generateAnswers } from '../../../src/harness/generate/generate_run.ts';
import type { RunRecord, TaskRecord } from '../../../src/harness/record/run_record.ts';
import type { GradedSample } from '../../../src/harness/record/scored.ts';
import { evaluateTask } from '../../../src/metrics/evaluate.ts';
import { writeChainModel } from './chain_model.ts';

/** A problem that ends in "?" is answered by 4 or 5, one that ends in "!" without an end. */
const chain = { '?': ['4', '5'], '4': [''], '5': [''], '!': ['a'], a: ['a'] };
const template = '{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{{ eos_token }}?';
const folder = mkdtempSync(join(tmpdir(), 'hon-eval-generation-'));
let journals = join(folder, 'journals');
/** Where a test keeps what it goes on with. */
const fresh = () => {
  journals = mkdtempSync(join(folder, 'journals-'));
};
beforeEach(fresh);
/** The journal that was written to last. */
const journal = () => {
  const files = readdirSync(journals).filter((name) => name.endsWith('.jsonl'));
  const [file] = files.toSorted((a, b) => statSync(join(journals, b)).mtimeMs - statSync(join(journals, a)).mtimeMs);
  return join(journals, file);
};

beforeAll(() => {
  writeChainModel(join(folder, 'model'), chain);
  const files = { 'chat_template.jinja': template };
  writeChainModel(join(folder, 'chat'), chain, files);
  writeChainModel(join(folder, 'dated'), chain, { 'chat_template.jinja': `{{ strftime_now('%H:%M:%S') }}${template}` });
  writeChainModel(join(folder, 'mute'), chain, { 'chat_template.jinja': '{# #}' });
  writeChainModel(join(folder, 'broken'), chain, { 'chat_template.jinja': "{{ raise_exception('No.') }}" });
  mkdirSync(join(folder, 'rows'));
  const rows = (questions: string[]) => questions.map((question) => JSON.stringify({ question })).join('\n');
  const questions = Array.from({ length: 12 }, (_, i) => `${i} and how many are 4?`);
  writeFileSync(join(folder, 'rows/sums.jsonl'), rows(questions));
  writeFileSync(join(folder, 'rows/secret.jsonl'), rows(['Hush what?', 'Hush more?']));
  writeFileSync(join(folder, 'rows/odd.jsonl'), rows(['x?', `${'long '.repeat(200)}?`, 'endless!']));
  for (const name of ['sums', 'secret', 'odd']) writeFileSync(join(folder, `${name}.mjs`), taskFile(name));
});
afterAll(() => rmSync(folder, { recursive: true }));

function taskFile(name: string): string {
  return `export default { name: '${name}', title: '${name}', version: 1, groups: [], metrics: ['acc'], headline: 'acc',
  ${name === 'secret' ? 'confidential: true,' : ''} question() { throw new Error(); },
  problem: (row) => ({ prompt: row.text('question'), gold: '4', grader: 'math', categories: { first: row.text('question')[0] } }) };`;
}

const defaults: Omit<GenerationOptions, 'models' | 'tasks'> = {
  data: join(folder, 'rows'),
  preset: 'openr1',
  temperature: 1,
  topP: 1,
  backend: 'reference',
  device: 'cpu',
  dtype: 'float64',
  samples: 4,
  maxNewTokens: 20,
  stop: [],
  seed: 0,
  chatTemplate: true,
  reveal: false,
  command: [],
  journalFolder: () => journals,
};

interface Told {
  notices: string[];
  progress: [done: number, total: number][];
  found: [done: number, total: number][];
}

async function write(
  task: string,
  changes: Partial<GenerationOptions> = {},
  onProgress = (_done: number) => {},
): Promise<Told & { record: RunRecord }> {
  const told: Told = { notices: [], progress: [], found: [] };
  const listener = {
    notice: (message: string) => void told.notices.push(message),
    download() {},
    found: (_model: string, _task: unknown, ...counts: [number, number]) => void told.found.push(counts),
    failed(_model: string, _task: unknown, error: Error) {
      throw error;
    },
    progress(_model: string, _task: unknown, done: number, total: number) {
      told.progress.push([done, total]);
      onProgress(done);
    },
  };
  const model = changes.models ?? [join(folder, 'model')];
  const options = { ...defaults, models: model, tasks: [join(folder, `${task}.mjs`)], ...changes };
  const records: RunRecord[] = [];
  for await (const { record } of generateAnswers(options, listener)) records.push(record);
  return { ...told, record: records[0] };
}

function samplesOf({ tasks }: RunRecord): GradedSample[][] {
  return tasks[0].documents.map(({ samples }) => samples!);
}

const textsOf = (record: RunRecord) => samplesOf(record).map((samples) => samples.map(({ text }) => text));

/** All of a record but the task's functions, which are other ones each time its file is loaded. */
const asData = ({ task, ...scored }: TaskRecord) => ({ ...scored, task: JSON.stringify(task) });

describe('generateAnswers', () => {
  it('has the model write, and grades what it wrote', async () => {
    const { record, notices, progress } = await write('sums');
    const texts = textsOf(record).flat();
    expect(texts).toHaveLength(48);
    expect(new Set(texts)).toEqual(new Set(['4', '5']));
    for (const { text, tokens, finish, verdict } of samplesOf(record).flat())
      expect([tokens, finish, verdict]).toEqual([1, 'eos', { correct: text === '4', answer: text, outcome: 'graded' }]);
    const estimates = evaluateTask(record.tasks[0]);
    const right = texts.filter((text) => text === '4').length;
    expect(estimates.get('exact_match')?.value).toBeCloseTo(right / 48, 12);
    expect(estimates.get('pass@4')!.value).toBeGreaterThan(estimates.get('pass@2')!.value);
    expect(notices).toEqual([`${join(folder, 'model')} has no chat template; it is asked in plain text.`]);
    expect([progress[0], progress.at(-1)]).toEqual([
      [0, 48],
      [48, 48],
    ]);
    // A prompt is read once for all of its samples.
    const [{ counts, documents }] = record.tasks;
    const promptTokens = documents.reduce((sum, { requests }) => sum + requests[0][0].length, 0);
    expect(counts).toMatchObject({ trees: 12, tokens: promptTokens + 2 * 48, requestTokens: 4 * promptTokens + 48 });
    expect(counts).toMatchObject({ batches: null, truncatedDocuments: 0 });
    const again = await write('sums');
    expect(again.found).toEqual([[48, 48]]);
    expect(again.record.tasks.map(asData)).toEqual(record.tasks.map(asData));
    expect((await write('sums', { fresh: true })).found).toEqual([]);
  });

  it('writes the same whatever is written beside it', async () => {
    const texts = textsOf((await write('sums')).record);
    fresh();
    expect(textsOf((await write('sums', { batchSize: 1 })).record)).toEqual(texts);
    fresh();
    expect(textsOf((await write('sums', { batchSize: 7, samples: 6 })).record).map((six) => six.slice(0, 4))).toEqual(
      texts,
    );
    fresh();
    expect(textsOf((await write('sums', { limit: 3 })).record)).toEqual(texts.slice(0, 3));
    expect(textsOf((await write('sums', { seed: 1 })).record)).not.toEqual(texts);
  });

  it('goes on where it was stopped, and writes what it would have written', async () => {
    const whole = await write('sums');
    fresh();
    const abort = new AbortController();
    const stopAt = (done: number) => done === 10 && abort.abort(new Error('stopped'));
    const stopped = write('sums', { signal: abort.signal, batchSize: 2 }, stopAt);
    await expect(stopped).rejects.toThrow('stopped');
    // As a process leaves it that is killed while it writes.
    writeFileSync(journal(), readFileSync(journal(), 'utf8').slice(0, -20));
    const other = await write('sums', { temperature: 0.5, limit: 1 });
    expect(other.found).toEqual([]);
    expect(other.notices[1]).toBe('sums: begun anew, as the earlier run was another: temperature was 1 and is 0.5.');
    const { record, found, progress } = await write('sums');
    expect(found[0][0]).toBeGreaterThanOrEqual(9);
    expect(progress[0]).toEqual([found[0][0], 48]);
    expect(record.tasks.map(asData)).toEqual(whole.record.tasks.map(asData));
  });

  it('keeps every text that has ended, however it was stopped', async () => {
    const abort = new AbortController();
    const { grade } = GradingPool.prototype;
    let ended = 0;
    const spy = vi.spyOn(GradingPool.prototype, 'grade').mockImplementation(function (this: GradingPool, ...args) {
      if (++ended === 20) abort.abort(new Error('stopped'));
      return grade.apply(this, args);
    });
    await expect(write('sums', { signal: abort.signal })).rejects.toThrow('stopped');
    spy.mockRestore();
    const { found } = await write('sums');
    expect(ended).toBeGreaterThanOrEqual(20);
    expect(found).toEqual([[ended, 48]]);
  });

  it('goes on where its chat template tells the time', async () => {
    const abort = new AbortController();
    const stopAt = (done: number) => done > 0 && abort.abort(new Error('stopped'));
    const models = [join(folder, 'dated')];
    await expect(write('sums', { models, signal: abort.signal, batchSize: 2 }, stopAt)).rejects.toThrow('stopped');
    await setTimeout(1100);
    const { record, found } = await write('sums', { models });
    expect(record.tasks[0].documents.at(0)!.requests[0][0]).toMatch(/\d\d:\d\d:\d\d/);
    expect(found[0][0]).toBeGreaterThan(0);
  });

  it('names a problem that gives the model nothing to read', async () => {
    writeFileSync(join(folder, 'rows/sums_of_nothing.jsonl'), '{"question":""}\n');
    writeFileSync(join(folder, 'sums_of_nothing.mjs'), taskFile('sums_of_nothing'));
    await expect(write('sums_of_nothing')).rejects.toMatchObject({
      kind: 'dataset',
      message: expect.stringMatching(/line 1: expected a problem, got one without tokens/),
    });
  });

  it('counts problems that do not fit into the window, and texts without an end', async () => {
    const { record, notices } = await write('odd', { temperature: 0, samples: 2 });
    const [fits, tooLong, endless] = samplesOf(record);
    expect(fits).toHaveLength(2);
    const verdict = { correct: false, answer: null, outcome: 'prompt_too_long' };
    expect(tooLong).toEqual(Array(2).fill({ text: '', tokens: 0, finish: 'context', verdict }));
    expect(endless[1]).toMatchObject({
      text: 'a'.repeat(20),
      tokens: 20,
      finish: 'length',
      verdict: { outcome: 'no_answer' },
    });
    expect(notices[1]).toMatch(/^odd: 1 of 3 prompts left no room .* of 512 tokens; .*odd\.jsonl, line 2\)\.$/);
    const estimates = evaluateTask(record.tasks[0]);
    expect(estimates.get('cut_off')?.value).toBeCloseTo(2 / 3, 12);
    const full = await write('odd', { temperature: 0, samples: 1, maxNewTokens: 10_000 });
    expect(samplesOf(full.record)[2][0]).toMatchObject({ tokens: 512 - 'endless!'.length, finish: 'context' });
  });

  it('stops at stop strings', async () => {
    const { record } = await write('odd', { temperature: 0, samples: 1, stop: ['aaa'] });
    expect(samplesOf(record)[2][0]).toMatchObject({ text: '', finish: 'stop' });
    await expect(write('odd', { stop: ['a', ''] })).rejects.toMatchObject({ kind: 'usage' });
  });

  it('asks by the chat template, unless told otherwise', async () => {
    const models = [join(folder, 'chat')];
    const { record, notices } = await write('sums', { models, limit: 1, system: 'Think.' });
    const prompt = (of: RunRecord) => of.tasks[0].documents.at(0)!.requests;
    expect(prompt(record)).toEqual([['<system>Think.<user>0 and how many are 4?<eos>?', '']]);
    expect(['4', '5']).toContain(textsOf(record)[0][0]);
    expect(record.generation).toMatchObject({ chatTemplate: template, system: 'Think.', eos: [257] });
    expect(notices).toEqual([]);
    fresh();
    const plain = await write('sums', { models, limit: 1, system: 'Think.', chatTemplate: false });
    expect(prompt(plain.record)).toEqual([['Think.\n\n0 and how many are 4?', '']]);
    expect(plain.notices).toEqual([]);
    const mute = write('sums', { models: [join(folder, 'mute')] });
    await expect(mute).rejects.toMatchObject({
      kind: 'checkpoint',
      message: expect.stringContaining('writes nothing'),
    });
    const broken = write('sums', { models: [join(folder, 'broken')] });
    await expect(broken).rejects.toMatchObject({ kind: 'checkpoint', message: expect.stringContaining('fails (No)') });
  });

  it('keeps hashes of what confidential tasks are answered', async () => {
    const abort = new AbortController();
    const stopAt = (done: number) => done > 0 && abort.abort(new Error('stopped'));
    await expect(write('secret', { signal: abort.signal }, stopAt)).rejects.toThrow('stopped');
    expect(readFileSync(journal(), 'utf8')).not.toMatch(/Hush|"text":"[45]"/);
    const { record } = await write('secret');
    for (const { text, verdict } of samplesOf(record).flat())
      expect([text, verdict.answer]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), null]);
    const { record: revealed } = await write('secret', { reveal: true });
    expect(new Set(textsOf(revealed).flat())).toEqual(new Set(['4', '5']));
    const rights = (of: RunRecord) =>
      samplesOf(of)
        .flat()
        .map(({ verdict }) => verdict.correct);
    expect(rights(revealed)).toEqual(rights(record));
  });

  it('takes the preset for what is left out', async () => {
    const open = { temperature: undefined, topP: undefined, maxNewTokens: undefined, samples: undefined };
    const { record } = await write('sums', { ...open, limit: 1 });
    const settings = { temperature: 0.6, topP: 0.95, topK: 0, maxNewTokens: 32768, promptStyle: 'openr1' };
    expect(record.generation).toMatchObject(settings);
    expect(samplesOf(record)[0]).toHaveLength(1);
    const { record: greedy } = await write('sums', { ...open, preset: 'greedy', limit: 1 });
    expect(greedy.generation?.temperature).toBe(0);
  });
});
