import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

/** The rule that CONTRIBUTING.md states: which rooms each room may import, by name. */
const allowed = new Map(
  [...readFileSync('CONTRIBUTING.md', 'utf8').matchAll(/^\| `([^`]+)` \|[^|]*\|([^|]*)\|$/gm)].map(
    ([, room, names]) => [room, new Set([...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name))],
  ),
);

/** Imports of a module, those of types and of `import()` too, as paths from the project's folder. */
function importsOf(file: string): string[] {
  const specifiers = readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.[^']+)'/g);
  return [...specifiers]
    .map(([, specifier]) => path.posix.join(path.posix.dirname(file), specifier))
    .filter((imported) => imported.endsWith('.ts'));
}

function roomOf(file: string): string {
  const [top, room] = file.split('/');
  if (top !== 'src') return top;
  return room.endsWith('.ts') ? 'src' : `src/${room}`;
}

// `src/index.ts`, the interface for programs, stands above all rooms.
const modules = globSync('{src,tasks}/**/*.ts').filter((file) => !file.endsWith('.d.ts') && file !== 'src/index.ts');
const edges = modules.flatMap((file) => importsOf(file).map((imported) => ({ file, imported })));

describe('the rooms', () => {
  test('are all in the table', () => {
    expect([...new Set(modules.map(roomOf))].toSorted()).toEqual([...allowed.keys()].toSorted());
  });

  test('import what the table lets them import', () => {
    const broken = edges.filter(({ file, imported }) => {
      const [from, to] = [roomOf(file), roomOf(imported)];
      return from !== to && !allowed.get(from)?.has(to);
    });
    expect(broken).toEqual([]);
  });

  test("lend types alone to tasks, but for Python's ways", () => {
    const lent = modules
      .filter((file) => roomOf(file) === 'tasks')
      .flatMap(
        (file) =>
          readFileSync(file, 'utf8').match(/^import (?!type )[^;]*from '[^']*\/src\/(?!python\/)[^;]*;/gm) ?? [],
      );
    expect(lent).toEqual([]);
  });

  test.each(['src/commands/index.ts', 'src/report/table/terminal.ts'])('%s imports something at all', (file) => {
    expect(importsOf(file).length).toBeGreaterThan(3);
  });

  test('stand in no circle, and neither do their files', () => {
    const files = Map.groupBy(edges, ({ file }) => file);
    const imported = (file: string) => (files.get(file) ?? []).map((edge) => edge.imported);
    expect(circle(modules, imported)).toEqual([]);
    expect(circle([...allowed.keys()], (room) => [...(allowed.get(room) ?? [])])).toEqual([]);
  });
});

/** One circle of a directed graph, empty where there is none. */
function circle(nodes: readonly string[], next: (node: string) => readonly string[]): string[] {
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): string[] => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node];
    if (done.has(node)) return [];
    for (const other of next(node)) {
      const found = visit(other, [...trail, node]);
      if (found.length > 0) return found;
    }
    done.add(node);
    return [];
  };
  for (const node of nodes) {
    const found = visit(node, []);
    if (found.length > 0) return found;
  }
  return [];
}
