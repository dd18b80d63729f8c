/** Which backend computes, and on which device, where the user leaves that open. */
import { HonEvalError } from '../errors.ts';
import { type Backend, type Device, type DeviceState, type Dtype, findDevice } from './backend.ts';
import { backendNames, checkFit, loadBackend } from './index.ts';

/** What the user asks for; `auto` and nothing both leave a device open. */
export interface BackendRequest {
  backend?: string;
  device?: string;
  /** float32 if left out, or what the device of a backend that is named has in its place. */
  dtype?: Dtype;
}

export interface Choice {
  backend: string;
  device: string;
  dtype: Dtype;
  kind: Device['kind'];
  /** What the device is; unknown where there was no choice. */
  detail?: string;
  /** Better devices that cannot be used, best first. */
  passedOver: Absence[];
}

/** A device that does not do. */
export interface Absence {
  backend: string;
  device: string;
  reason: string;
  /** Whether the hardware is there, and only software is missing. */
  hardware: boolean;
}

/** The fastest device that fits the request and can be used. Throws a `usage` error where none fits it. */
export async function chooseBackend(request: BackendRequest): Promise<Choice> {
  const names = request.backend ? [request.backend] : backendNames;
  return chooseAmong(await Promise.all(names.map(loadBackend)), request);
}

export async function chooseAmong(backends: readonly Backend[], request: BackendRequest): Promise<Choice> {
  const candidates = findCandidates(backends, request);
  if (candidates.length === 0) return misfit(backends, request);
  // Loading a device that was named says best what is wrong with it.
  const [first] = candidates;
  const { backend, device, dtype, kind } = first;
  const named = { backend: backend.name, device, dtype, kind, passedOver: [] };
  if (!isOpen(request.device) && candidates.length === 1) return named;
  const passedOver: Absence[] = [];
  for (const { backend, device, dtype, kind } of candidates) {
    const state = await backend.probe(device, isOpen(request.device));
    const fault = faultOf(state, dtype);
    if (state.present && !fault)
      return { backend: backend.name, device, dtype, kind, detail: state.detail, passedOver };
    passedOver.push({ backend: backend.name, device, reason: fault!, hardware: !state.present && state.hardware });
  }
  if (!isOpen(request.device)) return named;
  const what = `Nothing on this machine computes in ${dtype}, which takes ${listed(passedOver)}.`;
  throw new HonEvalError('usage', `${what} Use another --dtype; hon-eval doctor says what each device needs.`);
}

/** Why a device does not do, if it does not. */
function faultOf(state: DeviceState, dtype: Dtype): string | undefined {
  if (!state.present) return state.reason;
  return state.types && !state.types.includes(dtype) ? `it has no ${dtype}` : undefined;
}

interface Candidate extends Device {
  backend: Backend;
  device: string;
  dtype: Dtype;
}

/** Devices that fit the request, fastest first. */
function findCandidates(
  backends: readonly Backend[],
  { backend: named, device: wanted, dtype }: BackendRequest,
): Candidate[] {
  const candidates = backends.flatMap((backend) => {
    const names = isOpen(wanted) ? Object.keys(backend.devices) : [wanted];
    return names.flatMap((device) => {
      const found = findDevice(backend, device);
      return found ? [{ backend, device, dtype: dtype ?? (named ? usualType(found) : 'float32'), ...found }] : [];
    });
  });
  return candidates
    .filter((candidate) => candidate.types.includes(candidate.dtype) && (named || candidate.rank !== undefined))
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
}

/** What a device computes in where nothing is asked for. */
function usualType({ types }: Device): Dtype {
  return types.includes('float32') ? 'float32' : types[0];
}

function isOpen(device: string | undefined): device is 'auto' | undefined {
  return device === undefined || device === 'auto';
}

/** Throws what is wrong with the request at the backend that it is nearest to. */
function misfit(backends: readonly Backend[], { device, dtype }: BackendRequest): never {
  const nearest = backends.find((backend) => !isOpen(device) && findDevice(backend, device)) ?? backends[0];
  const [usual] = Object.keys(nearest.devices);
  checkFit(nearest, isOpen(device) ? usual : device, dtype ?? 'float32');
  throw new Error(`${nearest.name} fits after all`);
}

/**
 * One line about a choice, for the user: always where they asked for one, otherwise where the device is no CPU or
 * where a better one lacks nothing but software.
 */
export function describeChoice(
  { backend, device, kind, detail, passedOver }: Choice,
  request: BackendRequest,
): string | undefined {
  if (!detail || !isOpen(request.device)) return undefined;
  const asked = request.device === 'auto';
  const told = passedOver.filter(({ hardware }) => asked || hardware);
  if (!asked && kind === 'cpu' && told.length === 0) return undefined;
  const rest = told.length > 0 ? `, as these cannot be used: ${listed(told)}; hon-eval doctor says what they need` : '';
  return `Computing with ${backend} on ${device} (${detail})${rest}.`;
}

function listed(absences: readonly Absence[]): string {
  return absences.map(({ backend, device, reason }) => `${backend} on ${device} (${reason})`).join(', ');
}
