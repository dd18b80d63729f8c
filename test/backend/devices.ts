/** What the tests compute on: every device that this machine has, but for GPUs. */
import type { Backend, BackendOptions } from '../../src/backend/backend.ts';
import { onnx } from '../../src/backend/onnx/index.ts';
import { tfjs } from '../../src/backend/tfjs/index.ts';

export interface TestDevice {
  backend: Backend;
  device: string;
}

const candidates = [
  { backend: onnx, device: 'cpu' },
  { backend: tfjs, device: 'wasm' },
  { backend: tfjs, device: 'js' },
  { backend: tfjs, device: 'node' },
] as const;

const states = await Promise.all(candidates.map(({ backend, device }) => backend.probe(device)));
export const testDevices: TestDevice[] = candidates.filter((_, i) => states[i].present);

/** All but plain JavaScript, which needs seconds where the others need milliseconds. */
export const fastDevices = testDevices.filter(({ device }) => device !== 'js');

/** One thread, and the dtype that the device has first. */
export function testOptions({ backend, device }: TestDevice): BackendOptions {
  return { device, dtype: backend.devices[device].types[0], threads: 1 };
}
