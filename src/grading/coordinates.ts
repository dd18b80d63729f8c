import type { Answer } from './answer.ts';

/** Coordinates by their names, in the order in which they are written. */
export type Coordinates = ReadonlyMap<string, Answer>;

const inOrder = ['abcdefgh', 'klmn', 'pqrstuvwxyz'];
const polar = ['r', 'ρ', '\\rho', 'θ', '\\theta', 'φ', '\\phi', '\\varphi', 'z'];

/** What `y = 4, x = 2` and `(y, x) = (4, 2)` say of each name; null where an answer does not name all it holds. */
export function coordinatesOf(answer: Answer): Coordinates | null {
  if (answer.kind === 'relation') {
    const [names, values] = answer.sides;
    if (answer.sides.length !== 2 || answer.relations[0] !== '=') return null;
    if (names.kind !== 'tuple' || values.kind !== 'tuple' || names.items.length !== values.items.length) return null;
    return unique(names.items.map((name, i) => [nameOf(name), values.items[i]]));
  }
  if (answer.kind !== 'list' && answer.kind !== 'set' && answer.kind !== 'tuple') return null;
  return unique(
    answer.items.map((item) => {
      const isEquation = item.kind === 'relation' && item.relations.every((relation) => relation === '=');
      return isEquation ? [nameOf(item.sides[0]), item.sides[item.sides.length - 1]] : [null, item];
    }),
  );
}

/** In the order of the alphabet where the names follow each other in it, as x, y, z do; else as they are written. */
export function sequenceOf(coordinates: Coordinates): Answer[] {
  const names = [...coordinates.keys()];
  const places = (order: string | readonly string[]) => names.map((name) => order.indexOf(name));
  const order = [...inOrder, polar].find((each) => areNeighbours(places(each), each === polar));
  if (order) names.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return names.map((name) => coordinates.get(name)!);
}

function areNeighbours(places: readonly number[], mayHaveGaps: boolean): boolean {
  const sorted = places.toSorted((a, b) => a - b);
  if (sorted[0] < 0) return false;
  return mayHaveGaps || sorted.every((place, i) => i === 0 || place === sorted[i - 1] + 1);
}

function nameOf({ latex }: Answer): string | null {
  const name = latex.replace(/[\s{}]/g, '');
  return /^(?:[a-zA-Z]|\\[a-z]+)(?:_[a-zA-Z0-9])?$/.test(name) ? name : null;
}

function unique(entries: readonly (readonly [string | null, Answer])[]): Coordinates | null {
  const coordinates = new Map(entries.flatMap(([name, value]) => (name === null ? [] : [[name, value] as const])));
  return entries.length > 1 && coordinates.size === entries.length ? coordinates : null;
}
