/** What CONTRIBUTING says of a new backend, one folder and one line, is all that it takes. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { honEval, sharedFolder } from './program.ts';

const root = join(import.meta.dirname, '../..');
const multihop = join(root, 'test/fixtures/multihop');

/** A backend of its own name and device, which computes as the reference does. */
const source = `
import { reference } from '../reference/index.js';
const slower = { kind: 'javascript', types: ['float32', 'float64'], rank: 9 };
const faster = { kind: 'gpu', types: ['float64'], rank: 0 };
export const abacus = {
  ...reference,
  name: 'abacus',
  devices: { beads: slower, stones: faster },
  probe: async (device) => ({ present: true, detail: device + ' on rods' }),
};
`;

let entry: string;
let folder: string;
beforeAll(async () => {
  folder = await sharedFolder();
  for (const part of ['bin', 'dist', 'package.json']) cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  entry = join(folder, 'bin/run.js');
  mkdirSync(join(folder, 'dist/src/backend/abacus'));
  writeFileSync(join(folder, 'dist/src/backend/abacus/index.js'), source);
  const list = join(folder, 'dist/src/backend/index.js');
  const line = "    abacus: async () => (await import('./abacus/index.js')).abacus,";
  writeFileSync(list, readFileSync(list, 'utf8').replace(/^const backends = \{$/m, `$&\n${line}`));
});

/** Scores two documents; what is said on the way, and the figures. */
async function run(...flags: string[]) {
  const model = ['--model', join(multihop, 'standard'), '--tasks', 'multihop_1', '--data', multihop, '--limit', '2'];
  const outcome = await honEval(['run', ...model, '--output', 'out', '--json', ...flags], { cwd: folder, entry });
  expect(outcome).toMatchObject({ exitCode: 0 });
  return outcome;
}

test('it is listed with its devices', async () => {
  const { stdout } = await honEval(['doctor'], { cwd: folder, entry });
  expect(stdout).toMatch(/abacus +beads +float32, float64 +ready: beads on rods/);
  expect(stdout).toMatch(/abacus +stones +float64 +ready: stones on rods/);
});

test('it is taken where its device is the fastest that fits, and only there', async () => {
  expect((await run('--dtype', 'float64')).stderr).toContain('Computing with abacus on stones (stones on rods).');
  expect((await run()).stderr).not.toContain('Computing with abacus');
});

test('it scores as the others do where it is named', async () => {
  const [abacus, onnx] = await Promise.all([run('--backend', 'abacus', '--device', 'beads'), run('--device', 'cpu')]);
  const figures = ({ stdout }: { stdout: string }) => JSON.parse(stdout).models[0].results;
  expect(figures(abacus)).toMatchObject({ multihop_1: { sample_len: 2 } });
  expect(figures(abacus)).toEqual(figures(onnx));
});
