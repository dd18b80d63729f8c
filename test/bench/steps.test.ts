/** Benchmarks that are cut off go on where they were. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { Steps } from '../../bench/steps.ts';
import { temporaryFolder } from '../model/tiny_checkpoint.ts';

test('a step that was done is not done again, one that failed is, and other settings have steps of their own', async () => {
  vi.spyOn(console, 'error').mockReturnValue();
  const work = temporaryFolder();
  const done: string[] = [];
  const steps = (result: string) => ({
    first: async () => {
      done.push(result);
      return { result };
    },
    second: async () => {
      done.push(`${result} again`);
      if (result === 'a') throw new Error('cut off');
      return { result };
    },
  });
  const run = async (result: string, settings: object, fresh = false) => {
    const kept = await Steps.open(work, settings, fresh);
    const { first, second } = steps(result);
    return [await kept.take('first', first), await kept.take('second', second)].map((step) => step.result).join();
  };
  await expect(run('a', { documents: 1 })).rejects.toThrow('cut off');
  expect(await run('b', { documents: 1 })).toBe('a,b');
  expect(await run('c', { documents: 1 })).toBe('a,b');
  expect(await run('d', { documents: 2 })).toBe('d,d');
  expect(await run('e', { documents: 1 }, true)).toBe('e,e');
  expect(done).toEqual(['a', 'a again', 'b again', 'd', 'd again', 'e', 'e again']);
  // Whole files alone.
  const folders = readdirSync(join(work, 'steps'));
  expect(folders.map((folder) => readdirSync(join(work, 'steps', folder)).sort())).toEqual(
    Array(2).fill(['first.json', 'second.json']),
  );
});
