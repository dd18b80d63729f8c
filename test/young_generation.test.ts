import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const module = new URL('../src/young_generation.ts', import.meta.url).href;

/** Mebibytes that the young generation has at last, in a process in which many objects come and go. */
function grown(start: string): number {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { boundYoungGeneration, watchYoungGeneration } from ${JSON.stringify(module)};
    ${start}
    let kept = [];
    for (let i = 0; i < 1_000_000; i++) {
      kept.push({ i, list: [i] });
      if (i % 5000 === 0) watchYoungGeneration();
      if (kept.length === 300_000) kept = [];
    }
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size / 2 ** 20);`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
}

test('the young generation stops growing where a program asks for that', () => {
  expect(grown('boundYoungGeneration();')).toBeLessThanOrEqual(40);
  expect(grown('')).toBeGreaterThan(40);
});
