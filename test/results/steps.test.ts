import { expect, test } from 'vitest';
import type { ModelResults } from '../../src/results/model_results.ts';
import { trainingRuns } from '../../src/results/steps.ts';

test('checkpoints are in the order of their steps, a labelled one in its own run', () => {
  const models = [
    ['r/exp1/step_1000', 'r/exp1/step_1000'],
    ['r/exp1/step_200', 'r/exp1/step_200'],
    ['final', 'r/exp1/step_3000'],
    ['other', 'lab/other'],
  ].map(([name, ownName]) => ({ name, ownName }) as ModelResults);
  expect(trainingRuns(models).map(({ name, checkpoints }) => [name, checkpoints.map(({ step }) => step)])).toEqual([
    ['r/exp1', [200, 1000]],
    ['final', [3000]],
  ]);
});

test('tokens are what the user says, or else what results tell; a step 0 has none', () => {
  const models = [
    ['r/step_0', null],
    ['r/step_100', 5000],
    ['r/step_200', null],
  ].map(([name, trainedTokens]) => ({ name, ownName: name, trainedTokens }) as ModelResults);
  const tokens = (perStep?: number) => trainingRuns(models, perStep)[0].checkpoints.map((each) => each.tokens);
  expect(tokens()).toEqual([0, 5000, null]);
  expect(tokens(10)).toEqual([0, 1000, 2000]);
});
