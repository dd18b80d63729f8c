import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { outcomes, writeFlat, writeResults } from '../results/made_results.ts';
import { honEval, sharedFolder } from './program.ts';

let folder: string;
beforeAll(async () => {
  folder = await sharedFolder();
  const documents = (right: number) => '1'.repeat(right) + '0'.repeat(400 - right);
  await writeResults(folder, 'base', [outcomes('sciq', documents(200)), outcomes('piqa', documents(300))]);
  await writeResults(folder, 'worse', [outcomes('sciq', documents(150)), outcomes('piqa', documents(300))]);
  await writeResults(folder, 'unsure', [outcomes('sciq', documents(194)), outcomes('piqa', documents(305))]);
  await writeResults(folder, 'partial', [outcomes('sciq', documents(200))]);
  writeFileSync(join(folder, 'floor.json'), JSON.stringify({ benchmarks: { sciq: { floor: 0.6 } } }));
  writeFileSync(join(folder, 'bad.json'), '{"margin": "wide"}');
});

const gate = (args: string[], env: Record<string, string> = {}) => honEval(['gate', ...args], { cwd: folder, env });

/** As in docs/gate.md, and unlike those of other commands. */
const cases: [what: string, exitCode: number, args: string[], says: RegExp][] = [
  ['the same documents right', 0, ['--baseline', 'base', '--candidate', 'base'], /PASS/],
  ['a drop', 1, ['--baseline', 'base', '--candidate', 'worse'], /\nSciQ: 0\.375 after 0\.500, .*\n(.*\n)*REGRESSION/],
  ['a floor', 1, ['--baseline', 'base', '--candidate', 'base', '--config', 'floor.json'], /below the floor of 0\.600/],
  ['too few documents', 2, ['--baseline', 'base', '--candidate', 'unsure'], /UNDECIDED/],
  ['too few, allowed', 0, ['--baseline', 'base', '--candidate', 'unsure', '--allow-undecided'], /UNDECIDED/],
  ['a benchmark missing', 3, ['--baseline', 'base', '--candidate', 'partial'], /has no results of piqa/],
  ['no such results', 3, ['--baseline', 'base', '--candidate', 'nowhere'], /There are no results at nowhere/],
  ['a flag missing', 3, ['--baseline', 'base'], /one of --candidate and --model/],
  ['an unknown flag', 3, ['--baselin', 'base'], /did you mean --baseline\?/],
  ['bad settings', 3, ['--baseline', 'base', '--candidate', 'base', '--config', 'bad.json'], /bad\.json: .*margin/],
  [
    'nowhere to write',
    3,
    ['--baseline', 'base', '--candidate', 'base', '--junit', 'no/x.xml'],
    /Cannot write no.x\.xml/,
  ],
];

describe.concurrent('gate', () => {
  test.each(cases)('%s ends with %d', async (_, exitCode, args, says) => {
    const outcome = await gate(args);
    expect(outcome.exitCode).toBe(exitCode);
    expect(outcome.stdout + outcome.stderr).toMatch(says);
  });

  test('writes JUnit, the step summary after what is there, and annotations', async () => {
    const summary = join(folder, 'summary.md');
    writeFileSync(summary, 'before\n');
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };
    const { stderr } = await gate(['--baseline', 'base', '--candidate', 'worse', '--junit', 'gate.xml'], env);
    expect(readFileSync(join(folder, 'gate.xml'), 'utf8')).toContain('tests="3" failures="2"');
    expect(readFileSync(summary, 'utf8')).toMatch(/^before\n### hon-eval gate: regression\n/);
    expect(stderr).toMatch(/^::error title=hon-eval gate%3A SciQ::0\.375 after 0\.500/m);
  });

  test('writes JUnit for results that cannot be read, too', async () => {
    await gate(['--baseline', 'base', '--candidate', 'nowhere', '--junit', 'missing.xml']);
    expect(readFileSync(join(folder, 'missing.xml'), 'utf8')).toContain('<error type="input" message="There are no');
  });

  test('prints the checks as JSON, and nothing else, with the same exit code', async () => {
    const { stdout, exitCode } = await gate(['--baseline', 'base', '--candidate', 'worse', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'regression', checks: [{ name: 'piqa' }, {}, {}] });
    expect(exitCode).toBe(1);
  });
});

describe.concurrent('table', () => {
  test('prints results of all schemas, and compares them with the paper', async () => {
    writeFlat(join(folder, 'flat', 'old.json'), 'lab/pythia-70m', { sciq: { acc: 0.6, acc_stderr: 0.0155 } });
    const { stdout, exitCode } = await honEval(['table', 'base', 'flat', '--paper', 'table1'], { cwd: folder });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/70M +pythia-70m@.* \.600 +–\n +paper: Pythia .* \.615 +\.397\n +difference .* -\.015 +–\n/);
  });

  test.each([
    [2, ['table'], /Expected results files or folders, or --paper/],
    [2, ['table', 'base', '--alpha', '5'], /^hon-eval: Expected --alpha to be a number between 0 and 1, got "5"; /],
    [2, ['table', 'base', '--tasks', 'pika'], /did you mean piqa\?/],
    [11, ['table', 'nowhere'], /There are no results at nowhere/],
    [11, ['compare', 'base', 'nowhere'], /There are no results at nowhere/],
  ])('ends with %d for %j', async (exitCode, args, says) => {
    const outcome = await honEval(args, { cwd: folder });
    expect(outcome).toMatchObject({ exitCode, stdout: '' });
    expect(outcome.stderr).toMatch(says);
    expect(outcome.stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

test('compare prints differences and flips, or JSON', async () => {
  const { stdout, exitCode } = await honEval(['compare', 'base', 'worse', '--flips'], { cwd: folder });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^A: base\nB: worse\n/);
  expect(stdout.match(/^SciQ \d+: only A right$/gm)).toHaveLength(50);
  const json = await honEval(['compare', 'base', 'worse', '--json', '--resamples', '100'], { cwd: folder });
  expect(JSON.parse(json.stdout).comparison.average.first).toBe(0.625);
});

describe("the action's script", () => {
  const action = readFileSync(join(import.meta.dirname, '../../action.yml'), 'utf8');
  const script = action.slice(action.lastIndexOf('run: |\n') + 7).replace(/^ {8}/gm, '');

  test.each([
    [0, 'pass', { CANDIDATE: 'base' }],
    [1, 'regression', { CANDIDATE: 'base', CONFIG: 'floor.json' }],
    [2, 'undecided', { CANDIDATE: 'unsure' }],
    [0, 'undecided', { CANDIDATE: 'unsure', ALLOW_UNDECIDED: 'true' }],
    [3, 'error', { CANDIDATE: 'a space; exit 0' }],
  ])('ends with %d and the verdict %s for %j', (exitCode, verdict, inputs) => {
    const output = join(folder, `output-${JSON.stringify(inputs).length}`);
    writeFileSync(output, '');
    const { status } = spawnSync('bash', ['-e', '-c', script], {
      cwd: folder,
      env: {
        PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
        HON_EVAL: join(import.meta.dirname, '../../bin/run.js'),
        BASELINE: 'base',
        CONFIG: '',
        JUNIT: '',
        ALLOW_UNDECIDED: 'false',
        GITHUB_OUTPUT: output,
        ...inputs,
      },
    });
    expect([status, readFileSync(output, 'utf8')]).toEqual([exitCode, `verdict=${verdict}\n`]);
  });
});
