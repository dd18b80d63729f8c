import { type Batch, columnStep } from '../../backend/backend.ts';
import type { TokenTree } from './tree.ts';

/** A batch with the way back from its targets to the trees. */
export interface PackedBatch {
  batch: Batch;
  /** Trees in the batch by their index in the list that was packed, with the index of their first target in it. */
  trees: { index: number; firstTarget: number }[];
}

/**
 * Rows are no shorter than this, if a batch may be so large, so that small trees share one: attention is quadratic in a
 * row, products are not.
 */
const minimumColumns = 128;

/** Lengths of rows that are tried, by the least one: in longer rows more trees fit beside each other. */
const stretches = [1, 1.125, 1.25, 1.5, 2];

/** Columns at which attention takes as long as all else that a token costs, about: 512 wide models on a CPU. */
const attentionColumns = 1024;

/**
 * Packs trees into batches of about `batchTokens` cells: longest first, each into the fullest row that still has room, in
 * rows of the length that costs least. Looks at sizes alone, so that the same requests always give the same batches and
 * so the same numbers.
 * @param trunk Tokens that all trees follow.
 */
export function packTrees(
  trees: readonly TokenTree[],
  batchTokens: number,
  trunk: readonly number[] = [],
): PackedBatch[] {
  const size = (index: number) => trees[index].ids.length;
  let waiting = trees.map((_, index) => index).sort((a, b) => size(b) - size(a) || a - b);
  const batches: PackedBatch[] = [];
  while (waiting.length) {
    const least = Math.max(Math.min(minimumColumns, batchTokens), size(waiting[0]));
    const lengths = stretches.map((stretch) => wholeSteps(Math.ceil(stretch * least)));
    const fillings = lengths
      .filter((columns, i) => i === 0 || columns <= batchTokens)
      .map((columns) => fillRows(waiting, size, columns, Math.max(1, Math.floor(batchTokens / columns))));
    const cost = (filling: (typeof fillings)[number]) => costOf(filling.rows, trunk.length);
    const { rows, left } = fillings.reduce((best, other) => (cost(other) < cost(best) ? other : best));
    const packed = layOut(trees, rows);
    batches.push(trunk.length ? { ...packed, batch: { ...packed.batch, trunk: Int32Array.from(trunk) } } : packed);
    waiting = left;
  }
  return batches;
}

function wholeSteps(columns: number): number {
  return columnStep * Math.ceil(columns / columnStep);
}

interface RowOfTrees {
  trees: number[];
  used: number;
}

/** Of a token: its share of the padding, and an attention that grows with the row and what is before it. */
function costOf(rows: readonly RowOfTrees[], trunk: number): number {
  const columns = Math.max(...rows.map((row) => row.used));
  const tokens = rows.reduce((sum, row) => sum + row.used, 0);
  return ((rows.length * columns) / tokens) * (1 + (trunk + columns) / attentionColumns);
}

/** Best fit of as many trees as have room in `limit` rows; the others are `left` in their order. */
function fillRows(waiting: number[], size: (index: number) => number, columns: number, limit: number) {
  const rows: RowOfTrees[] = [];
  const left: number[] = [];
  for (const index of waiting) {
    let best: RowOfTrees | undefined;
    for (const row of rows) if (row.used + size(index) <= columns && row.used > (best?.used ?? -1)) best = row;
    if (!best && rows.length < limit) {
      best = { trees: [], used: 0 };
      rows.push(best);
    }
    if (!best) {
      left.push(index);
      continue;
    }
    best.trees.push(index);
    best.used += size(index);
  }
  return { rows, left };
}

function layOut(trees: readonly TokenTree[], rows: RowOfTrees[]): PackedBatch {
  const columns = wholeSteps(Math.max(...rows.map((row) => row.used)));
  const cells = rows.length * columns;
  const ids = new Int32Array(cells);
  const positions = new Int32Array(cells);
  const ends = Int32Array.from({ length: cells }, (_, cell) => (cell % columns) + 1);
  const headRows: number[] = [];
  const targetRows: number[] = [];
  const targets: number[] = [];
  const placed: PackedBatch['trees'] = [];
  rows.forEach((row, r) => {
    let column = 0;
    for (const index of row.trees) {
      const tree = trees[index];
      const start = r * columns + column;
      ids.set(tree.ids, start);
      positions.set(tree.positions, start);
      for (let i = 0; i < tree.ends.length; i++) ends[start + i] = column + tree.ends[i];
      placed.push({ index, firstTarget: targets.length });
      for (let t = 0; t < tree.targets.length; t++) {
        targetRows.push(headRows.length + tree.targetHeads[t]);
        targets.push(tree.targets[t]);
      }
      for (const node of tree.heads) headRows.push(start + node);
      column += tree.ids.length;
    }
  });
  return {
    batch: {
      rows: rows.length,
      columns,
      ids,
      positions,
      ends,
      headRows: Int32Array.from(headRows),
      targetRows: Int32Array.from(targetRows),
      targets: Int32Array.from(targets),
    },
    trees: placed,
  };
}
