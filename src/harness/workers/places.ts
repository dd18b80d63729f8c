/** Where processes compute side by side. */
import { availableParallelism } from 'node:os';
import { findDevice, parseDevice } from '../../backend/backend.ts';
import { loadBackend } from '../../backend/index.ts';
import { HonEvalError } from '../../errors.ts';
import type { Chosen, ModelOptions } from '../open_run.ts';

/** What a process computes on. */
export interface WorkerPlace {
  /** `cpu`, or `cuda:1`. */
  device: string;
  /** Of a CPU. */
  threads: number;
}

export interface WorkerOptions {
  /** Processes on the device; on a CPU they share its threads. One, and none beside this process, if left out. */
  workers?: number;
  /** `all` devices of the kind that is chosen, or some of one kind by number or name: `0,1`, `cuda:0,cuda:2`. */
  devices?: string;
}

/** The kind of device that `devices` names, if it names one. Throws a `usage` error where it names several. */
export function namedDevice(devices: string): string | undefined {
  const names = new Set(
    itemsOf(devices).flatMap((item) => (isNumber(item) || item === 'all' ? [] : parseDevice(item).name)),
  );
  if (names.size > 1)
    throw new HonEvalError(
      'usage',
      `Expected --devices of one kind, got ${[...names].join(' and ')}: their figures differ in the last bits, and would ` +
        'depend on which of them was free first.',
    );
  return [...names][0];
}

/** A place for each process; none where this process does the work itself. On a CPU they share its threads. */
export async function placesOf(options: Chosen<ModelOptions & WorkerOptions>): Promise<WorkerPlace[]> {
  const { threads = availableParallelism() } = options;
  const devices = await devicesOf(options);
  // The first ones have one more where they do not come out even.
  const share = (i: number) => Math.floor(threads / devices.length) + Number(i < threads % devices.length);
  return devices.map((device, i) => ({ device, threads: Math.max(1, share(i)) }));
}

async function devicesOf({
  backend,
  device,
  workers = 0,
  devices,
}: Chosen<ModelOptions & WorkerOptions>): Promise<string[]> {
  if (devices === undefined) return Array<string>(workers).fill(device);
  const { name } = parseDevice(device);
  const count = findDevice(await loadBackend(backend), device)!.count?.() ?? 1;
  return numbersOf(devices, name, count).map((number) => (count > 1 ? `${name}:${number}` : name));
}

function numbersOf(devices: string, name: string, count: number): number[] {
  if (devices === 'all') return Array.from({ length: count }, (_, i) => i);
  const numbers = itemsOf(devices).map((item) => (isNumber(item) ? Number(item) : parseDevice(item).index));
  const missing = numbers.find((number) => number >= count);
  if (missing !== undefined)
    throw new HonEvalError(
      'usage',
      `There is no ${name}:${missing}: this machine has ${count} of ${name}, counted from 0; --workers lets several ` +
        'processes share one.',
    );
  return [...new Set(numbers)];
}

function itemsOf(devices: string): string[] {
  return devices.split(',').map((item) => item.trim());
}

function isNumber(item: string): boolean {
  return /^\d+$/.test(item);
}
