/** What package.json and package-lock.json say, and what the docs say of it. */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const manifest = json('package.json');
const docs = readFileSync('docs/dependencies.md', 'utf8');

interface LockEntry {
  integrity?: string;
  resolved?: string;
  link?: boolean;
  dev?: boolean;
}
const entries = Object.entries<LockEntry>(json('package-lock.json').packages).filter(([path]) => path !== '');

describe('package-lock.json', () => {
  test('has a hash for every package, and no address of a registry', () => {
    expect(entries.length).toBeGreaterThan(100);
    for (const [path, { integrity, resolved, link }] of entries) {
      expect({ path, link, resolved }).toEqual({ path, link: undefined, resolved: undefined });
      expect(integrity, path).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
    }
  });
});

describe('docs/dependencies.md', () => {
  test('has a line for every dependency, and none for others', () => {
    const [table] = docs.split('\n## ');
    const listed = [...table.matchAll(/^\| `([^`]+)` \| \S.*\|$/gm)].map(([, name]) => name);
    const used = { ...manifest.dependencies, ...manifest.peerDependencies };
    expect(listed.toSorted()).toEqual(Object.keys(used).toSorted());
    const tools = /^For development: ([\s\S]*)/m.exec(table)![1];
    const named = [...tools.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(Object.keys(manifest.devDependencies).toSorted());
  });

  test('names files that are there', () => {
    const places = [...docs.matchAll(/`(src\/[^`]+)`/g)].map(([, path]) => path);
    expect(places.length).toBeGreaterThan(8);
    for (const place of places) expect(globSync(place), place).not.toEqual([]);
  });
});

test('npm run sbom lists every dependency, with hashes', () => {
  const output = execFileSync('npm', ['run', '--silent', 'sbom'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { bomFormat, components } = JSON.parse(output) as {
    bomFormat: string;
    components: { name: string; hashes?: { alg: string }[] }[];
  };
  expect(bomFormat).toBe('CycloneDX');
  const names = new Set(components.map(({ name }) => name));
  for (const name of Object.keys(manifest.dependencies)) expect(names).toContain(name);
  for (const { name, hashes } of components) expect(hashes?.[0].alg, name).toBe('SHA-512');
});
