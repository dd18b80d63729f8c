import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { honEval } from './program.ts';

const standard = join(import.meta.dirname, '../fixtures/model/standard');

describe.concurrent('inspect', () => {
  test('prints what a model is and costs', async () => {
    const { exitCode, stdout, stderr } = await honEval(['inspect', standard, '--batch', '2', '--length', '32']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/: GPTNeoXForCausalLM, standard\n2 layers of 32, 4 heads of 8, vocabulary 64, context 64\n/);
    expect(stdout).toMatch(/^order +1 \(this\) /m);
    expect(stdout).toMatch(/^Batch of 2 × 32 tokens: /m);
  });

  test('prints JSON', async () => {
    const { stdout } = await honEval(['inspect', standard, '--json', '--dtype', 'float64']);
    expect(JSON.parse(stdout)).toMatchObject({
      model: standard,
      parameters: { total: 17088 },
      memory: { weights: 8 * 17088 },
    });
  });

  test.each([
    [['nowhere'], 3, /There is no folder "nowhere"/],
    [[], 2, /Expected MODEL after inspect/],
    [[standard, '--length', '0'], 2, /length.*greater than or equal to 1/],
  ])('%j is refused', async (args, code, says) => {
    const { exitCode, stdout, stderr } = await honEval(['inspect', ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
    expect(stderr).toMatch(says);
  });
});
