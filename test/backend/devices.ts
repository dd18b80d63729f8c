/** What the tests compute on: every device that this machine has, but for CUDA's. */
import type { Backend, BackendOptions } from '../../src/backend/backend.ts';
import { Graph } from '../../src/backend/onnx/graph.ts';
import { onnx } from '../../src/backend/onnx/index.ts';
import { openSession } from '../../src/backend/onnx/session.ts';
import { tfjs } from '../../src/backend/tfjs/index.ts';

export interface TestDevice {
  backend: Backend;
  device: string;
  /** Whether it is a GPU in software. */
  emulated?: boolean;
}

const candidates = [
  { backend: onnx, device: 'cpu' },
  { backend: onnx, device: 'webgpu' },
  { backend: tfjs, device: 'wasm' },
  { backend: tfjs, device: 'js' },
  { backend: tfjs, device: 'node' },
] as const;

const states = await Promise.all(candidates.map(({ backend, device }) => backend.probe(device)));
export const testDevices: TestDevice[] = candidates.flatMap((on, i) => {
  const state = states[i];
  return state.present ? [{ ...on, emulated: state.emulated }] : [];
});

// Compiled shaders live as long as there is a session, and compiling them takes a driver in software seconds.
if (testDevices.some(({ device }) => device === 'webgpu')) await openIdleSession();

async function openIdleSession(): Promise<void> {
  const graph = new Graph();
  graph.output('y', { ...graph.node('Neg', [graph.input('x', 'float32', ['n'])]), shape: ['n'] });
  await openSession(graph.encode(), { folder: '/' }, { device: 'webgpu', dtype: 'float32' });
}

/** Without those that need seconds where the others need milliseconds: plain JavaScript, and a GPU in software. */
export const fastDevices = testDevices.filter(({ device }) => device !== 'js' && device !== 'webgpu');

/** One thread, and the dtype that the device has first. */
export function testOptions({ backend, device }: TestDevice): BackendOptions {
  return { device, dtype: backend.devices[device].types[0], threads: 1 };
}
