import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sideBySide } from '../../../src/harness/workers/side_by_side.ts';

/** Gives each item and that it is done; the log has what was under way. */
function worker(log: string[]) {
  return async function* (item: string) {
    log.push(`begin ${item}`);
    try {
      for (let i = 0; i < 2; i++) {
        await setTimeout(item === 'slow' ? 30 : 1);
        if (item === 'bad') throw new Error('bad');
        yield `${item} ${i}`;
      }
    } finally {
      log.push(`end ${item}`);
    }
  };
}

test('gives what comes, as it comes', async () => {
  const log: string[] = [];
  const given: string[] = [];
  for await (const each of sideBySide(['slow', 'a', 'b'], 2, worker(log), () => {})) given.push(each);
  expect(given).toEqual(['a 0', 'a 1', 'b 0', 'b 1', 'slow 0', 'slow 1']);
  expect(log).toEqual(['begin slow', 'begin a', 'end a', 'begin b', 'end b', 'end slow']);
});

test('begins nothing after a failure, and throws it once the others have ended', async () => {
  const [log, given, stopped]: [string[], string[], unknown[]] = [[], [], []];
  const all = async () => {
    for await (const each of sideBySide(['bad', 'slow', 'c'], 2, worker(log), (error) => stopped.push(error)))
      given.push(each);
  };
  await expect(all()).rejects.toThrow('bad');
  expect([given, stopped]).toEqual([['slow 0', 'slow 1'], [new Error('bad')]]);
  expect(log).toEqual(['begin bad', 'begin slow', 'end bad', 'end slow']);
});

test('ends what is under way where nobody takes it', async () => {
  const log: string[] = [];
  for await (const _ of sideBySide(['a', 'slow'], 2, worker(log), () => {})) break;
  expect(log.toSorted()).toEqual(['begin a', 'begin slow', 'end a', 'end slow']);
});
