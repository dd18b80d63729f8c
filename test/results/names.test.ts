import { describe, expect, it } from 'vitest';
import { modelLabels } from '../../src/results/names.ts';

describe('the short names of models', () => {
  it.each([
    [['EleutherAI/pythia-70m@step3000'], ['pythia-70m@step3000']],
    [['lab/m@refs/pr/1'], ['m@refs/pr/1']],
    [
      ['/home/me/runs/a/last', '/home/me/runs/b/last', 'other'],
      ['a/last', 'b/last', 'other'],
    ],
    [
      ['a/x', 'x'],
      ['a/x', 'x'],
    ],
    [
      ['./m/', 'm\u001b[2J'],
      ['m', 'm'],
    ],
    [
      ['a@1', 'a@2'],
      ['a@1', 'a@2'],
    ],
    [
      ['lab/m-1b', 'other/m-1b', 'lab/n'],
      ['lab/m-1b', 'other/m-1b', 'n'],
    ],
  ])('%j are %j', (names, labels) => {
    expect(modelLabels(names.map((name) => ({ name })))).toEqual(labels);
  });
});
