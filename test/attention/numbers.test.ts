import { describe, expect, test } from 'vitest';
import { attentionNumbers, causalWeights, logWeightSpectrum, meanNumbers } from '../../src/attention/numbers.ts';
import { randomNumbers } from '../model/tiny_checkpoint.ts';

const float32 = 2 ** -23;

function numbers(scores: ArrayLike<number>, n: number) {
  return attentionNumbers(scores, causalWeights(scores, n), n, float32);
}

/** Scores [n, n] of rank d in float32, and a number of its own added to every row. */
function scoresOfRank(d: number, n: number, perRow: (i: number) => number = () => 0): Float32Array {
  const random = randomNumbers(d);
  const [q, k] = [0, 1].map(() => Array.from({ length: n }, () => Array.from({ length: d }, random)));
  const rows = q.map((query, i) => k.map((key) => query.reduce((sum, x, e) => sum + x * key[e], perRow(i))));
  return Float32Array.from(rows.flat());
}

describe('causalWeights', () => {
  test('is the softmax of what each token sees', () => {
    const weights = causalWeights([0, 9, 9, Math.log(3), 0, 9, 1000, 1000 + Math.log(2), 1000], 3);
    const expected = [1, 0, 0, 0.75, 0.25, 0, 0.25, 0.5, 0.25];
    weights.forEach((weight, i) => {
      expect(weight).toBeCloseTo(expected[i], 6);
    });
  });
});

describe('the numbers of a head', () => {
  test('that weighs all it sees alike', () => {
    const n = 5;
    const { entropy, firstToken, diagonalBand } = numbers(new Float32Array(n * n), n);
    expect(entropy).toBeCloseTo((Math.log(2) + Math.log(3) + Math.log(4) + Math.log(5)) / n, 6);
    expect(firstToken).toBeCloseTo((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / n, 6);
    expect(diagonalBand).toBeCloseTo((1 + 1 + 2 / 3 + 2 / 4 + 2 / 5) / n, 6);
  });

  test('that looks at the first token only, or at the token before', () => {
    const n = 6;
    const looks = (at: (i: number) => number) =>
      numbers(
        Float32Array.from({ length: n * n }, (_, cell) => (cell % n === at(Math.floor(cell / n)) ? 200 : 0)),
        n,
      );
    const first = looks(() => 0);
    expect([first.entropy, first.firstToken, first.diagonalBand]).toEqual([expect.closeTo(0), 1, 2 / n]);
    const before = looks((i) => Math.max(0, i - 1));
    expect([before.entropy, before.firstToken, before.diagonalBand]).toEqual([expect.closeTo(0), 2 / n, 1]);
  });

  test('of one token', () => {
    expect(numbers([3], 1)).toEqual({
      entropy: expect.closeTo(0),
      firstToken: 1,
      diagonalBand: 1,
      rank: 0,
      effectiveRank: 0,
    });
  });

  test('are averaged one by one', () => {
    const [a, b] = [numbers(scoresOfRank(2, 8), 8), numbers(scoresOfRank(4, 8), 8)];
    const mean = meanNumbers([a, b]);
    expect(mean.rank).toBe(3);
    expect(mean.entropy).toBe((a.entropy + b.entropy) / 2);
  });
});

describe('the rank of log A', () => {
  test.each([1, 3, 16])('is %i for queries and keys of so many elements, whatever the softmax divides by', (d) => {
    expect(numbers(scoresOfRank(d, 60), 60).rank).toBe(d);
    const other = numbers(
      scoresOfRank(d, 60, (i) => 3 * Math.sin(i)),
      60,
    );
    expect(other.rank).toBe(d);
  });

  test('is n - 1 where these have more elements than there are tokens', () => {
    expect(numbers(scoresOfRank(16, 7), 7).rank).toBe(6);
  });

  test('is full for scores that are no product', () => {
    const n = 40;
    const random = randomNumbers(5);
    expect(numbers(Float32Array.from({ length: n * n }, random), n).rank).toBe(n - 1);
  });

  test('is that of the first 256 tokens of a long text', () => {
    expect(logWeightSpectrum(scoresOfRank(2, 300), 300)).toHaveLength(256);
    expect(numbers(scoresOfRank(5, 300), 300).rank).toBe(5);
  });

  test('is effective as far as singular values are alike', () => {
    // Columns of a Hadamard matrix but its constant one: orthogonal, and already centred.
    const hadamard = [
      [1, 1, 1, 1],
      [1, -1, 1, -1],
      [1, 1, -1, -1],
      [1, -1, -1, 1],
    ];
    const product = (sizes: number[]) =>
      hadamard.flatMap((_, i) =>
        hadamard.map((_, j) => sizes.reduce((sum, s, e) => sum + s * hadamard[i][e] * hadamard[j][e], 0)),
      );
    expect(numbers(product([0, 1, 1, 1]), 4)).toMatchObject({ rank: 3, effectiveRank: expect.closeTo(3, 9) });
    expect(numbers(product([0, 5, 0, 0]), 4)).toMatchObject({ rank: 1, effectiveRank: expect.closeTo(1, 9) });
    const [p, q] = [3 / 4, 1 / 4];
    expect(numbers(product([0, 3, 1, 0]), 4).effectiveRank).toBeCloseTo(p ** -p * q ** -q, 9);
  });
});
