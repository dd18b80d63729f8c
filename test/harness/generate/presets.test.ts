import { expect, test } from 'vitest';
import { presets } from '../../../src/harness/generate/presets.ts';
import { presetNames } from '../../../src/harness/record/generation.ts';

test("Open-R1's preset is what its README and its evaluate.py say", () => {
  const { openr1 } = presets;
  expect(openr1).toMatchObject({ style: 'openr1', temperature: 0.6, topP: 0.95, topK: 0, maxNewTokens: 32768 });
  const tasks = ['aime24', 'math_500', 'gpqa_diamond', 'my_task'];
  expect(tasks.map(openr1.samples)).toEqual([64, 4, 8, 1]);
});

test('the other presets are greedy and ask once', () => {
  expect(presetNames).toEqual(['openr1', 'lighteval', 'greedy']);
  for (const { temperature, samples } of [presets.lighteval, presets.greedy])
    expect([temperature, samples('aime24')]).toEqual([0, 1]);
  expect([presets.lighteval.style, presets.greedy.style]).toEqual(['lighteval', 'openr1']);
});
