import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const module = new URL('../src/heap.ts', import.meta.url).href;

interface Sizes {
  /** Mebibytes that the young generation has at last. */
  young: number;
  /** That the old one has at most. */
  old: number;
}

/** Of a process in which many objects come and go. */
function grown(start: string): Sizes {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { boundHeap, watchHeap } from ${JSON.stringify(module)};
    const sizeOf = (name) => getHeapSpaceStatistics().find(({ space_name }) => space_name === name).space_size / 2 ** 20;
    ${start}
    let kept = [];
    let old = 0;
    for (let i = 0; i < 2_000_000; i++) {
      kept.push({ i, list: [i] });
      if (i % 5000 === 0) {
        watchHeap();
        old = Math.max(old, sizeOf('old_space'));
      }
      if (kept.length === 300_000) kept = [];
    }
    console.log(JSON.stringify({ young: sizeOf('new_space'), old }));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
}

test('a heap stops growing where a program asks for that', () => {
  const bound = grown('boundHeap();');
  const free = grown('');
  expect(bound.young).toBeLessThanOrEqual(40);
  expect(free.young).toBeGreaterThan(40);
  // Some 45 are in use at most; without the bound it may be twice as much, or not, as V8 finds time.
  expect(bound.old).toBeLessThanOrEqual(64);
});
