import { expect, test } from 'vitest';
import type { Diagnosis } from '../../src/inspect/machine.ts';
import { diagnosisText } from '../../src/inspect/machine_text.ts';

const gibibyte = 2 ** 30;

const diagnosis: Diagnosis = {
  versions: { honEval: '1.2.3', node: '24.0.0', 'onnxruntime-node': '1.30.0', '@huggingface/hub': '2.17.5' },
  machine: {
    system: 'linux 6.1 x64',
    processor: 'Chip',
    threads: 8,
    memory: 32 * gibibyte,
    availableMemory: 20.5 * gibibyte,
  },
  devices: [
    { backend: 'onnx', device: 'cpu', dtypes: ['float32'], state: { present: true, detail: '8 threads' } },
    {
      backend: 'onnx',
      device: 'cuda',
      dtypes: ['float32', 'bfloat16'],
      state: { present: false, reason: 'there is no GPU', remedy: 'Get a GPU.', hardware: false },
    },
  ],
  default: { backend: 'onnx', device: 'cpu' },
  hub: { endpoint: 'https://hub', state: 'reachable', token: 'accepted', user: 'ada' },
  cache: { folder: '/cache', models: 2, datasets: 1, size: 3 * gibibyte, free: 70 * gibibyte },
};

test('a diagnosis says what is there, what is missing and what it needs', () => {
  expect(diagnosisText(diagnosis)).toBe(`\
hon-eval 1.2.3, Node 24.0.0, linux 6.1 x64
Chip, 8 threads, 32.0 GiB of memory, 20.5 GiB available
onnxruntime-node 1.30.0, @huggingface/hub 2.17.5

backend  device  dtypes             state
────────────────────────────────────────────────────────────
onnx     cpu     float32            ready: 8 threads
onnx     cuda    float32, bfloat16  missing: there is no GPU

By itself, run computes with onnx on cpu.

To use what is missing:
  onnx on cuda: Get a GPU.

Hub: https://hub answers
Token: of ada
Cache: /cache holds 3.00 GiB (models: 2, data sets: 1); 70.0 GiB free`);
});

test('nothing is said of what is missing where nothing is', () => {
  const devices = diagnosis.devices.slice(0, 1);
  expect(diagnosisText({ ...diagnosis, devices })).not.toContain('missing');
});

test.each([
  [{ state: 'offline', token: 'unchecked' }, /was not asked, as HF_HUB_OFFLINE is set.*\nToken: not checked\n/],
  [
    { state: 'unreachable', problem: 'answers 503', token: 'none' },
    /https:\/\/hub answers 503; check.*\nToken: none; /,
  ],
  [{ state: 'reachable', token: 'refused' }, /answers\nToken: refused; replace HF_TOKEN/],
] as const)('%j is said of the hub', (access, expected) => {
  expect(diagnosisText({ ...diagnosis, hub: { endpoint: 'https://hub', ...access } })).toMatch(expected);
});
