/** Which backend computes, and on which device, where the user leaves that open. */
import { HonEvalError } from '../errors.ts';
import { type Backend, type DeviceState, type Dtype, parseDevice } from './backend.ts';
import { backendNames, checkFit, loadBackend } from './index.ts';

/** What the user asks for; `auto` and nothing both leave a device open. */
export interface Wish {
  backend?: string;
  device?: string;
  dtype: Dtype;
}

export interface Choice {
  backend: string;
  device: string;
  /** What the device is; unknown where there was no choice. */
  detail?: string;
  /** Better devices that cannot be used, best first. */
  passedOver: Absence[];
}

/** A device that cannot be used. */
export interface Absence {
  backend: string;
  device: string;
  state: Extract<DeviceState, { present: false }>;
}

/** Devices of all backends, fastest first. */
const ranking = ['cuda', 'webgpu', 'cpu', 'node', 'wasm', 'js'];

/** The fastest device that fits the wish and can be used. Throws a `usage` error where none fits it. */
export async function chooseBackend(wish: Wish): Promise<Choice> {
  // The reference is there to be compared with, not to wait for.
  const names = wish.backend ? [wish.backend] : backendNames.filter((name) => name !== 'reference');
  return chooseAmong(await Promise.all(names.map(loadBackend)), wish);
}

export async function chooseAmong(backends: readonly Backend[], wish: Wish): Promise<Choice> {
  const candidates = findCandidates(backends, wish);
  if (candidates.length === 0) return misfit(backends, wish);
  // Loading a device that was named says best what is wrong with it.
  const [{ backend, device }] = candidates;
  const named = { backend: backend.name, device, passedOver: [] };
  if (!isOpen(wish.device) && candidates.length === 1) return named;
  const passedOver: Absence[] = [];
  for (const { backend, device } of candidates) {
    const state = await backend.probe(device);
    if (state.present) return { backend: backend.name, device, detail: state.detail, passedOver };
    passedOver.push({ backend: backend.name, device, state });
  }
  if (!isOpen(wish.device)) return named;
  const what = `Nothing on this machine computes in ${wish.dtype}, which takes ${listed(passedOver)}.`;
  throw new HonEvalError('usage', `${what} Use another --dtype; hon-eval doctor says what each device needs.`);
}

interface Candidate {
  backend: Backend;
  device: string;
}

/** Devices that fit the wish, fastest first. */
function findCandidates(backends: readonly Backend[], { device: wanted, dtype }: Wish): Candidate[] {
  const candidates = backends.flatMap((backend) => {
    const devices = isOpen(wanted) ? Object.keys(backend.devices) : [wanted];
    return devices.map((device) => ({ backend, device }));
  });
  const rank = ({ device }: Candidate) => ranking.indexOf(parseDevice(device).name);
  return candidates
    .filter(({ backend, device }) => typesOf(backend, device).includes(dtype))
    .sort((a, b) => rank(a) - rank(b));
}

function typesOf({ devices }: Backend, device: string): readonly Dtype[] {
  const { name } = parseDevice(device);
  return Object.hasOwn(devices, name) ? devices[name] : [];
}

function isOpen(device: string | undefined): device is 'auto' | undefined {
  return device === undefined || device === 'auto';
}

/** Throws what is wrong with the wish at the backend that it is nearest to. */
function misfit(backends: readonly Backend[], { device, dtype }: Wish): never {
  const named = isOpen(device) ? undefined : parseDevice(device).name;
  const nearest = backends.find(({ devices }) => named && Object.hasOwn(devices, named)) ?? backends[0];
  const [usual] = Object.keys(nearest.devices);
  checkFit(nearest, isOpen(device) ? usual : device, dtype);
  throw new Error(`${nearest.name} fits after all`);
}

/**
 * One line about a choice, for the user: always where they asked for one, otherwise where the device is no CPU or
 * where a better one lacks nothing but software.
 */
export function describeChoice({ backend, device, detail, passedOver }: Choice, wish: Wish): string | undefined {
  if (!detail || !isOpen(wish.device)) return undefined;
  const asked = wish.device === 'auto';
  const told = passedOver.filter(({ state }) => asked || state.hardware);
  if (!asked && device === 'cpu' && told.length === 0) return undefined;
  const rest = told.length > 0 ? `, as these cannot be used: ${listed(told)}; hon-eval doctor says what they need` : '';
  return `Computing with ${backend} on ${device} (${detail})${rest}.`;
}

function listed(absences: readonly Absence[]): string {
  return absences.map(({ backend, device, state }) => `${backend} on ${device} (${state.reason})`).join(', ');
}
