import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { afterAll, expect, test } from 'vitest';
import { bundle } from '../../../src/report/html/bundle.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-bundle-'));
afterAll(() => rm(folder, { recursive: true }));

test('modules become one script, each once and after what it imports', async () => {
  await writeFile(path.join(folder, 'c.ts'), 'export const three: number = 3;\n');
  await writeFile(
    path.join(folder, 'b.ts'),
    "import { three } from './c.ts';\nexport function six(): number {\n  return 2 * three;\n}\n",
  );
  await writeFile(
    path.join(folder, 'a.ts'),
    "import type { Stats } from 'node:fs';\nimport { six } from './b.ts';\nimport {\n  three,\n} from './c.ts';\nresult(six() + three as number, null as Stats | null);\n",
  );
  const script = bundle(pathToFileURL(path.join(folder, 'a.ts')));
  expect(script.match(/three\s+= 3/g)).toHaveLength(1);
  const results: number[] = [];
  new Function('result', script)((value: number) => results.push(value));
  expect(results).toEqual([9]);
});

test("the page's script is whole, and does not end its element", () => {
  const script = bundle(new URL('../../../src/report/html/browser/main.ts', import.meta.url));
  expect(() => new Script(script)).not.toThrow();
  expect(script).not.toMatch(/<\/|<!--|^\s*(import|export) /m);
  const names = [...script.matchAll(/^(?:function|const|let) (\w+)/gm)].map(([, name]) => name);
  expect(names).toHaveLength(new Set(names).size);
});
