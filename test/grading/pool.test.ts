import { afterAll, describe, expect, test } from 'vitest';
import { GradingPool } from '../../src/grading/pool.ts';

const endless = String.raw`\boxed{\sum_{k=1}^{10^{12}} \frac{1}{k^k}}`;

describe('a pool', { timeout: 180_000 }, () => {
  const pool = new GradingPool({ threads: 2, timeLimit: 5 });
  afterAll(() => pool.close());

  test('gives every question its verdict, whatever the others do', async () => {
    const numbers = Array.from({ length: 40 }, (_, i) => i);
    const verdicts = await Promise.all(
      numbers.map((i) => pool.grade('math', String(i), i % 20 === 7 ? endless : `\\boxed{${i} + ${i % 2}}`)),
    );
    for (const [i, { correct, outcome }] of verdicts.entries()) {
      expect({ correct, outcome }).toEqual(
        i % 20 === 7 ? { correct: false, outcome: 'timeout' } : { correct: i % 2 === 0, outcome: 'graded' },
      );
    }
  });

  test('says what was compared when it gave up', async () => {
    const { answer } = await pool.grade('math', '5', endless);
    expect(`\\boxed{${answer}}`).toBe(endless);
  });
});

test('a thread that runs out of memory is replaced', async () => {
  const pool = new GradingPool({ memoryLimit: 60, timeLimit: 40 });
  const large = String.raw`\sum_{k=1}^{10^{7}} x^k`;
  const verdicts = [large, '5'].map((answer) => pool.grade('math', '5', `\\boxed{${answer}}`));
  expect(await Promise.all(verdicts)).toEqual([
    { correct: false, answer: large, outcome: 'crash' },
    { correct: true, answer: '5', outcome: 'graded' },
  ]);
  await pool.close();
});

test('a signal fails what waits', async () => {
  const controller = new AbortController();
  const pool = new GradingPool({ signal: controller.signal });
  const waiting = [pool.grade('math', '5', endless), pool.grade('math', '5', '5')];
  controller.abort(new Error('enough'));
  for (const verdict of waiting) await expect(verdict).rejects.toThrow('enough');
  await expect(pool.grade('math', '5', '5')).rejects.toThrow('enough');
  await pool.close();
});

test('closing fails what waits', async () => {
  const pool = new GradingPool();
  const verdict = pool.grade('math', '5', endless);
  const failure = expect(verdict).rejects.toThrow('closed');
  await pool.close();
  await failure;
});
