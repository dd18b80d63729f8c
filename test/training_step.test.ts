import { expect, test } from 'vitest';
import { stepOf, trainingStep } from '../src/training_step.ts';

test.each([
  ['step1000', 1000],
  ['step_1000', 1000],
  ['step-00500', 500],
  ['checkpoint-1000', 1000],
  ['iter_0005000', 5000],
  ['global_step143000', 143_000],
  ['global_step1000_hf', 1000],
  ['stage1-step1000-tokens5B', 1000],
  ['exp1_step=20', 20],
  ['epoch0.step_7', 7],
  ['12000', 12_000],
  ['step0', 0],
  ['main', undefined],
  ['pythia-70m', undefined],
  ['stepwise', undefined],
  ['v2', undefined],
])('%s tells the step %s', (name, step) => {
  expect(stepOf(name)).toBe(step);
});

test.each([
  ['EleutherAI/pythia-70m@step143000', 'EleutherAI/pythia-70m', 143_000],
  ['runs/exp1/checkpoint-500', 'runs/exp1', 500],
  ['/data/runs/exp1/iter_0000100/', '/data/runs/exp1', 100],
  ['allenai/OLMo-2-1124-7B@stage1-step1000-tokens5B', 'allenai/OLMo-2-1124-7B@stage1', 1000],
  ['runs/exp1/global_step500', 'runs/exp1', 500],
  ['lab/pythia-70m-step500', 'lab/pythia-70m', 500],
  ['runs/exp1/epoch0.step_7', 'runs/exp1', 7],
  ['runs/exp1/main_epoch2-step20', 'runs/exp1/main', 20],
])('%s is of %s at %i', (name, run, step) => {
  expect(trainingStep(name)).toEqual({ run, step });
});

test.each(['EleutherAI/pythia-70m', 'EleutherAI/pythia-70m@main', './hon', 'step1000'])('%s is of no run', (name) => {
  expect(trainingStep(name)).toBeUndefined();
});
