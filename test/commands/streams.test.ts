/** What becomes of a command whose output nobody reads, or that cannot be written. */
import { spawnSync } from 'node:child_process';
import { lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { outcomes, writeResults } from '../results/made_results.ts';
import { honEval, sharedFolder } from './program.ts';

const entry = join(import.meta.dirname, '../../bin/run.js');
const folder = await sharedFolder();
for (const name of ['a', 'b'])
  await writeResults(join(folder, name), `org/${name}`, [outcomes('arc_easy', '1100110011')]);

/** The program in a shell, so that its streams can be what a shell makes them. */
function shell(command: string) {
  const line = command.replaceAll('hon-eval', `"${process.execPath}" "${entry}"`);
  const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8', cwd: folder, timeout: 50_000 });
  return { stdout: stdout.trim(), stderr };
}

describe.runIf(process.platform === 'linux')('standard output', () => {
  test.each(['tasks', 'tasks --json', 'run --help', 'nonsense'])(
    '%s ends quietly where its reader has gone',
    (args) => {
      const { stdout, stderr } = shell(`hon-eval ${args} 2> >(cat >&2) | true; echo "\${PIPESTATUS[0]}"`);
      expect(stdout).toBe(args === 'nonsense' ? '2' : '0');
      expect(stderr).not.toMatch(/at |Warning/);
    },
  );

  test.each(['tasks', 'tasks --json'])('%s fails where there is no room', (args) => {
    const { stdout, stderr } = shell(`hon-eval ${args} > /dev/full; echo "$?"`);
    expect(stdout).toBe('9');
    expect(stderr).toMatch(/^hon-eval: Cannot write to standard output: .*no space left.*\.\n$/);
  });

  test('that cannot be written is no regression', () => {
    const { stdout } = shell('hon-eval gate --baseline a --candidate a > /dev/full; echo "$?"');
    expect(stdout).toBe('3');
  });
});

describe.runIf(process.platform !== 'win32')('--out', () => {
  test('leaves a link a link, and writes the file that it names', async () => {
    const [link, file] = [join(folder, 'link.html'), join(folder, 'real.html')];
    symlinkSync('real.html', link);
    expect((await honEval(['report', join(folder, 'b'), '--out', link])).exitCode).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>/i);
  });

  test('writes to a pipe as to one', async () => {
    const named = 'mkfifo pipe; cat pipe > copy & hon-eval report b --out pipe; wait; head -c 15 copy';
    const { stdout } = shell(`${named}; hon-eval report b --out /dev/stdout | head -c 15`);
    expect(stdout.toLowerCase().match(/<!doctype html>/g)).toHaveLength(2);
    expect(lstatSync(join(folder, 'pipe')).isFIFO()).toBe(true);
  });
});

describe('what hands type', () => {
  test.each([['-h'], ['help'], ['help', 'run'], ['run', '-h']])('%s %s is help', async (...args) => {
    const { exitCode, stdout } = await honEval(args.filter(Boolean));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/USAGE/);
  });

  test.each(['-v', 'version', '--version'])('%s is the version', async (arg) => {
    expect((await honEval([arg])).stdout).toMatch(/^hon-eval\/\d+\.\d+\.\d+ /);
  });
});
