import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arrayExpression, missingShares } from '../../../src/harness/shard/collect.ts';
import { type Plan, readPlan, shareOf } from '../../../src/harness/shard/plan.ts';
import { findShare, localDevice } from '../../../src/harness/shard/shard_index.ts';
import { temporaryFolder } from '../../model/tiny_checkpoint.ts';

/** A plan of two units whose pieces cost what is given. */
function planOf(costs: readonly number[], shards: number | null = null): Plan {
  const pieces = costs.map((cost, i) => ({
    from: { part: 0, batch: i },
    to: { part: 0, batch: i + 1 },
    documents: 1,
    cost,
  }));
  const half = Math.ceil(pieces.length / 2);
  const unit = (task: string, own: typeof pieces) => ({
    id: task,
    model: 'm',
    task,
    documents: own.length,
    pieces: own,
  });
  return {
    format: 1,
    version: '0',
    begun: new Date().toISOString(),
    shards,
    offline: false,
    options: {},
    command: [],
    models: [],
    units: [unit('a', pieces.slice(0, half)), unit('b', pieces.slice(half))],
  };
}

describe('shares', () => {
  const costs = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 300 });

  test('have every piece once, side by side, and none costs more than it must', () => {
    fc.assert(
      fc.property(costs, fc.integer({ min: 1, max: 40 }), (list, count) => {
        const plan = planOf(list);
        const shares = Array.from({ length: count }, (_, i) =>
          shareOf(plan, { index: i + 1, count }).flatMap(({ pieces }) => pieces),
        );
        expect(shares.flat()).toEqual(plan.units.flatMap(({ pieces }) => pieces));
        const total = list.reduce((a, b) => a + b);
        for (const share of shares) {
          const cost = share.reduce((sum, piece) => sum + piece.cost, 0);
          expect(cost).toBeLessThan(total / count + Math.max(...list) + 1e-9);
        }
      }),
    );
  });

  test('that lack something are named, as a job array has them', () => {
    const plan = planOf(Array(16).fill(1));
    const [, b] = plan.units;
    const missing = [b.pieces[0], b.pieces[7]].map((piece) => ({ unit: b, piece, done: 0 }));
    expect(missingShares(plan, { total: 16, done: 14, missing }, 8)).toEqual([5, 8]);
    expect(arrayExpression([3, 17, 18, 19])).toBe('3,17-19');
    expect(arrayExpression([0])).toBe('0');
  });
});

describe('--shard', () => {
  const plan = planOf([1, 2], 8);

  test('takes the index from the scheduler, and the count from the plan', () => {
    const environment = { SLURM_ARRAY_TASK_ID: '7', SLURM_ARRAY_TASK_COUNT: '2', RANK: '1' };
    expect(findShare('auto', plan, environment)).toEqual({ index: 8, count: 8, variable: 'SLURM_ARRAY_TASK_ID' });
    expect(findShare('auto', plan, { JOB_COMPLETION_INDEX: '0' })).toMatchObject({ index: 1, count: 8 });
    expect(findShare('2/3', plan, environment)).toEqual({ index: 2, count: 3, variable: null });
  });

  test.each<[string, Plan, Record<string, string>, RegExp]>([
    ['auto', plan, {}, /needs one of SLURM_ARRAY_TASK_ID, /],
    ['auto', plan, { RANK: '8' }, /RANK is 8, and the plan is shared by 8: expected 0 to 7/],
    ['auto', planOf([1]), { RANK: '0' }, /does not say how many share it/],
    ['0/2', plan, {}, /got 0\/2/],
    ['3/2', plan, {}, /got 3\/2/],
    ['x', plan, {}, /got x/],
  ])('refuses %s', (text, of, environment, message) => {
    expect(() => findShare(text, of, environment)).toThrow(message);
  });

  test('leaves each process of a machine its own device', () => {
    expect(localDevice('cuda', { SLURM_LOCALID: '3', LOCAL_RANK: '1' })).toBe('cuda:3');
    expect(localDevice('cuda', {})).toBe('cuda');
    expect(localDevice('cuda:1', { LOCAL_RANK: '0' })).toBe('cuda:1');
    expect(localDevice('cpu', { LOCAL_RANK: '0' })).toBe('cpu');
  });
});

test('a plan that nests without end is refused', async () => {
  const file = join(temporaryFolder(), 'plan.json');
  const options = JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`);
  writeFileSync(file, JSON.stringify({ ...planOf([1]), options: { options } }));
  await expect(readPlan(file)).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringContaining('too many levels'),
  });
});
