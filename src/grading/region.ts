/** A border between what is in a set of real numbers and what is not: right before a number, or right after it. */
interface Border {
  at: number;
  after: boolean;
}

/** A set of real numbers: from its first border to its second, from its third to its fourth, and so on. */
export type Region = readonly Border[];

export const realLine: Region = [
  { at: -Infinity, after: false },
  { at: Infinity, after: true },
];

/** null where the ends are in the wrong order, or one that is infinite is said to be within. */
export function interval(low: number, high: number, open: string, close: string): Region | null {
  const isClosed = [open === '[', close === ']'];
  if (!(low < high) || (isClosed[0] && low === -Infinity) || (isClosed[1] && high === Infinity)) return null;
  return [
    { at: low, after: low !== -Infinity && !isClosed[0] },
    { at: high, after: high === Infinity || isClosed[1] },
  ];
}

export function point(at: number): Region {
  return [
    { at, after: false },
    { at, after: true },
  ];
}

export function union(...regions: Region[]): Region {
  return sweep(regions, (count) => count > 0);
}

export function intersection(...regions: Region[]): Region {
  return sweep(regions, (count) => count === regions.length);
}

export function complement(region: Region): Region {
  const [from, to] = realLine;
  return sweep([[from, ...region, to]], (count) => count === 1);
}

/** Numbers that were worked out are the same but for errors of rounding. */
export function equalRegions(a: Region, b: Region): boolean {
  return a.length === b.length && a.every(({ at, after }, i) => after === b[i].after && isClose(at, b[i].at));
}

/** Goes through all borders in order and counts the regions that it is in. */
function sweep(regions: readonly Region[], isInside: (count: number) => boolean): Region {
  const borders = regions.flatMap((region) => region.map((border, i) => ({ ...border, step: i % 2 === 0 ? 1 : -1 })));
  borders.sort((a, b) => (isClose(a.at, b.at) ? Number(a.after) - Number(b.after) : a.at - b.at));
  const found: Border[] = [];
  let count = 0;
  for (const [i, { at, after, step }] of borders.entries()) {
    count += step;
    const next = borders[i + 1];
    if (next && isClose(next.at, at) && next.after === after) continue;
    if (isInside(count) !== (found.length % 2 === 1)) found.push({ at, after });
  }
  return found;
}

function isClose(a: number, b: number): boolean {
  return a === b || (Number.isFinite(a - b) && Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b)));
}
