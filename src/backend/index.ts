import { HonEvalError } from '../errors.ts';
import { type Backend, type Device, findDevice, parseDevice } from './backend.ts';

/** Every backend by its name; loaded when asked for, because a runtime takes long to load. */
const backends: Record<string, () => Promise<Backend>> = {
  onnx: async () => (await import('./onnx/index.ts')).onnx,
  reference: async () => (await import('./reference/index.ts')).reference,
  tfjs: async () => (await import('./tfjs/index.ts')).tfjs,
};

export const backendNames = Object.keys(backends);

/** Throws a `usage` error that names the choices where there is no such backend. */
export async function loadBackend(name: string): Promise<Backend> {
  if (Object.hasOwn(backends, name)) return backends[name]();
  throw new HonEvalError('usage', `There is no backend "${name}"; there are ${backendNames.join(', ')}.`);
}

/** Throws a `usage` error that names the choices where there is no such backend, device or dtype. */
export async function findBackend(name: string, device: string, dtype: string): Promise<Backend> {
  const backend = await loadBackend(name);
  checkFit(backend, device, dtype);
  return backend;
}

/** Of a device that the backend has. */
export async function deviceKind({ backend, device }: { backend: string; device: string }): Promise<Device['kind']> {
  return findDevice(await loadBackend(backend), device)!.kind;
}

/** Throws a `usage` error that names the choices where the backend has no such device or dtype. */
export function checkFit(backend: Backend, device: string, dtype: string): void {
  const { name, devices } = backend;
  const check = (what: string, value: string, choices: readonly string[]) => {
    if (!choices.includes(value))
      throw new HonEvalError('usage', `${what} "${value}" is not one of ${choices.join(', ')}.`);
  };
  const { name: deviceName } = parseDevice(device);
  check(`The ${name} backend's device`, deviceName, Object.keys(devices));
  check(`The ${name} backend's dtype on ${deviceName}`, dtype, findDevice(backend, device)!.types);
}
