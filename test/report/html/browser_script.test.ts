import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';
import { expect, test } from 'vitest';

test("the page's script is whole, and does not end its element", () => {
  const script = readFileSync('dist/src/report/html/browser.js', 'utf8');
  expect(() => new Script(script)).not.toThrow();
  expect(script).not.toMatch(/<\/|<!--|^\s*(import|export) /m);
});
