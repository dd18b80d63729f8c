/** Which devices ONNX Runtime can use here: seen by making a session of one node on them. */
import { availableParallelism } from 'node:os';
import { reason } from '../../errors.ts';
import { type DeviceState, parseDevice } from '../backend.ts';
import { describeGpu, nvidiaGpu } from '../nvidia.ts';
import { askDawn, describeAdapter, isEmulated } from './dawn.ts';
import { libraryFolder, missingLibraries, onnxDevices, remedies } from './devices.ts';
import { Graph } from './graph.ts';
import { openSession, providerFailure } from './session.ts';

export async function probe(device: string, inHardware = false): Promise<DeviceState> {
  const { name, index } = parseDevice(device);
  if (name === 'cuda') return probeCuda(device, index);
  if (name === 'webgpu') return probeWebGpu(device, inHardware);
  return { present: true, detail: `${availableParallelism()} threads` };
}

async function probeCuda(device: string, index: number): Promise<DeviceState> {
  const gpu = nvidiaGpu(index);
  if (!gpu) return absent(device, 'nvidia-smi finds no such GPU', false);
  const missing = missingLibraries();
  if (missing.length > 0) return absent(device, `${missing.join(' and ')} are not in ${libraryFolder()}`, true);
  return (await failure(device)) ?? { present: true, detail: describeGpu(gpu) };
}

async function probeWebGpu(device: string, inHardware: boolean): Promise<DeviceState> {
  // Asking Dawn takes a process of its own.
  if (inHardware && isEmulated()) return absent(device, 'there is no GPU', false);
  const answer = await askDawn();
  if (!answer.present) return absent(device, providerFailure(answer.reason), false);
  const { name, emulated } = describeAdapter(answer.libraries);
  const types = onnxDevices.webgpu.types.filter((type) => type !== 'float16' || answer.float16);
  return { present: true, detail: emulated ? `${name}, a GPU in software` : name, emulated, types };
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
