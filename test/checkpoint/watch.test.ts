import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { watchSeries } from '../../src/checkpoint/watch.ts';
import { temporaryFolder } from '../model/tiny_checkpoint.ts';

const model = join(import.meta.dirname, '../fixtures/model/standard');

/** A run that is watched, and what has been given of it so far. */
function watch(readyFile?: string) {
  const folder = join(temporaryFolder(), 'exp');
  const stop = new AbortController();
  const given: string[] = [];
  const ended = (async () => {
    for await (const place of watchSeries(folder, { signal: stop.signal, poll: 0.05, readyFile }))
      given.push(place.slice(folder.length + 1));
  })();
  const someLooks = () => new Promise((resolve) => setTimeout(resolve, 600));
  return { folder, given, stop, ended, someLooks };
}

function writeHalf(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json'])
    cpSync(join(model, file), join(folder, file));
  writeFileSync(join(folder, 'model.safetensors'), readFileSync(join(model, 'model.safetensors')).subarray(0, 2000));
}

test('checkpoints are given once each, as soon as they are whole, until it is stopped', async () => {
  const { folder, given, stop, ended, someLooks } = watch();
  await someLooks();
  expect(given).toEqual([]);
  writeHalf(join(folder, 'step_1'));
  await someLooks();
  expect(given).toEqual([]);
  cpSync(join(model, 'model.safetensors'), join(folder, 'step_1', 'model.safetensors'));
  await expect.poll(() => given, { timeout: 20_000 }).toEqual(['step_1']);
  cpSync(model, join(folder, 'step_2'), { recursive: true });
  await expect.poll(() => given, { timeout: 20_000 }).toEqual(['step_1', 'step_2']);
  stop.abort();
  await ended;
  expect(given).toEqual(['step_1', 'step_2']);
});

test('a checkpoint whose trainer marks it waits for the mark', async () => {
  const { folder, given, stop, ended, someLooks } = watch('*.done');
  cpSync(model, join(folder, 'step_1'), { recursive: true });
  await someLooks();
  expect(given).toEqual([]);
  writeFileSync(join(folder, 'step_1', 'save.done'), '');
  await expect.poll(() => given, { timeout: 20_000 }).toEqual(['step_1']);
  stop.abort();
  await ended;
});
