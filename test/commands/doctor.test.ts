import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../src/inspect/machine.ts';
import { honEval } from './program.ts';

describe.concurrent('doctor', () => {
  test('lists every backend, and what would enable what is missing', async () => {
    const { exitCode, stdout, stderr } = await honEval(['doctor']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^hon-eval \d.*, Node \d/);
    expect(stdout).toMatch(/^onnx +cpu +float32, float16 +ready: \d+ threads$/m);
    expect(stdout).toMatch(/^onnx +cuda +float32, float16, bfloat16 +\w+: /m);
    expect(stdout).toMatch(/^By itself, run computes with \w+ on \w+\.$/m);
    expect(stdout).toMatch(/^Hub: https:\/\/huggingface.co was not asked, as HF_HUB_OFFLINE is set/m);
  });

  test('--json says a remedy for every device that is missing', async () => {
    const { stdout, stderr } = await honEval(['doctor', '--json']);
    expect(stderr).toBe('');
    const { devices, hub, machine } = JSON.parse(stdout) as Diagnosis & { machine: { available_memory: number } };
    expect(devices.map(({ backend }) => backend)).toEqual(expect.arrayContaining(['onnx', 'reference']));
    for (const { state } of devices)
      expect(state).toMatchObject(
        state.present
          ? { detail: expect.any(String) }
          : { reason: expect.any(String), remedy: expect.stringMatching(/\w/) },
      );
    expect(hub).toMatchObject({ state: 'offline', token: 'none' });
    expect(machine.available_memory).toBeLessThanOrEqual(machine.memory);
  });

  test('--cache names files that are not what their names say, and fails', async () => {
    const home = mkdtempSync(join(tmpdir(), 'hon-eval-doctor-'));
    const blobs = join(home, 'hub/models--lab--model/blobs');
    mkdirSync(blobs, { recursive: true });
    for (const [name, content] of [
      ['right', 'right'],
      ['wrong', 'left'],
    ])
      writeFileSync(join(blobs, createHash('sha256').update(name).digest('hex')), content);
    const { exitCode, stdout } = await honEval(['doctor', '--cache'], { env: { HF_HOME: home } });
    rmSync(home, { recursive: true });
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^Read through: 2 files, 9 B; delete these, which are damaged and are downloaded again:$/m);
    expect(stdout).toContain(join(blobs, createHash('sha256').update('wrong').digest('hex')));
  });
});
