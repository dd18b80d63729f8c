import { describe, expect, test } from 'vitest';
import { duration, Progress } from '../../src/output/progress.ts';

function record(isTTY: boolean) {
  const written: string[] = [];
  let now = 0;
  const progress = new Progress({ isTTY, columns: 60, write: (text) => written.push(text) }, () => now);
  const update = (time: number, done: number, total = 10) => {
    now = time;
    progress.update('piqa', done, total, (rate) => [`${done}/${total} documents`, `${rate} documents/s`]);
  };
  return { written, progress, update };
}

describe('Progress', () => {
  test('prints one plain line when an activity is complete, where the sink is no terminal', () => {
    const { written, update } = record(false);
    update(0, 0);
    update(1000, 5);
    update(2000, 10);
    expect(written).toEqual(['piqa  10/10 documents, 5 documents/s, 2.0 s\n']);
  });

  test('writes over its line on a terminal, with the time left, and not too often', () => {
    const { written, update, progress } = record(true);
    update(0, 0);
    update(1000, 5);
    update(1001, 6);
    progress.close();
    expect(written).toEqual([
      '\r\x1b[2Kpiqa  0/10 documents, 0 documents/s',
      '\r\x1b[2Kpiqa  5/10 documents, 5 documents/s, 1.0 s left',
      '\n',
    ]);
  });

  test('leaves details out where the terminal is narrow, and keeps the time', () => {
    const written: string[] = [];
    let now = 0;
    const progress = new Progress({ isTTY: true, columns: 30, write: (text) => written.push(text) }, () => now);
    for (now of [0, 1000]) progress.update('piqa', now / 200, 10, () => ['5/10 texts', '9,999 tokens']);
    expect(written.at(-1)).toBe('\r\x1b[2Kpiqa  5/10 texts, 1.0 s left');
  });

  test('keeps terminal escapes of names out of the terminal', () => {
    const { written, progress } = record(true);
    progress.notice('model \x1b]0;owned\x07');
    expect(written.join('')).not.toContain('\x07');
  });
});

test('duration says seconds as people do', () => {
  expect([0.44, 9.99, 59.4, 61, 3599, 7500].map(duration)).toEqual([
    '0.4 s',
    '10 s',
    '59 s',
    '1 min 1 s',
    '59 min 59 s',
    '2 h 5 min',
  ]);
});
