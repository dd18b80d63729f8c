/** Which devices ONNX Runtime can use here: seen by making a session of one node on them. */
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism, platform } from 'node:os';
import { join } from 'node:path';
import { reason } from '../../errors.ts';
import { type DeviceState, parseDevice } from '../backend.ts';
import { describeGpu, nvidiaGpu } from '../nvidia.ts';
import { cudaLibraries, libraryFolder, remedies } from './devices.ts';
import { Graph } from './graph.ts';
import { openSession, providerFailure } from './session.ts';

export async function probe(device: string): Promise<DeviceState> {
  const { name, index } = parseDevice(device);
  if (name === 'cuda') return probeCuda(device, index);
  if (name === 'webgpu') return probeWebGpu(device);
  return { present: true, detail: `${availableParallelism()} threads` };
}

async function probeCuda(device: string, index: number): Promise<DeviceState> {
  const gpu = nvidiaGpu(index);
  if (!gpu) return absent(device, 'nvidia-smi finds no such GPU', false);
  const missing = cudaLibraries.filter((file) => !existsSync(join(libraryFolder(), file)));
  if (missing.length > 0) return absent(device, `${missing.join(' and ')} are not in ${libraryFolder()}`, true);
  return (await failure(device)) ?? { present: true, detail: describeGpu(gpu) };
}

async function probeWebGpu(device: string): Promise<DeviceState> {
  // Where there is none, the Vulkan loader would say so on stderr.
  if (platform() === 'linux' && !hasLinuxGpu()) return absent(device, 'there is no GPU', false);
  return (await failure(device)) ?? { present: true, detail: 'a GPU' };
}

function hasLinuxGpu(): boolean {
  const renders = existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'));
  return renders || existsSync('/dev/nvidia0') || existsSync('/dev/dxg');
}

/** Why a session on the device cannot be made, if it cannot. */
async function failure(device: string): Promise<DeviceState | undefined> {
  const graph = new Graph();
  const shape = ['n'];
  graph.output('y', { ...graph.node('Neg', [graph.input('x', 'float32', shape)]), shape });
  try {
    const { session } = await openSession(graph.encode(), {}, { device, dtype: 'float32' });
    await session.release();
    return undefined;
  } catch (error) {
    const { cause = error } = error as Error;
    return absent(device, providerFailure(reason(cause)), true);
  }
}

function absent(device: string, reason: string, hardware: boolean): DeviceState {
  return { present: false, reason, remedy: remedies[parseDevice(device).name](), hardware };
}
