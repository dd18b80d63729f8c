/** What this machine can do, and what it lacks. */
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import type { DeviceState, Dtype } from '../backend/backend.ts';
import { chooseBackend } from '../backend/choose.ts';
import { backendNames, loadBackend } from '../backend/index.ts';
import { packageVersions, versions } from '../harness/versions.ts';
import { type CacheUse, cacheUse, type HubAccess, hubAccess } from '../hub/access.ts';
import { type CacheCheck, checkCache } from '../hub/check.ts';
import { readHubSettings } from '../hub/settings.ts';

export interface Diagnosis {
  /** By name: hon-eval, Node, and the packages that compute, download and tokenize. */
  versions: Record<string, string>;
  machine: Machine;
  devices: DeviceReport[];
  /** What `run` takes by itself. */
  default: { backend: string; device: string };
  hub: HubAccess;
  cache: CacheUse;
  /** Where it was asked for. */
  cacheCheck?: CacheCheck;
}

export interface Machine {
  system: string;
  processor: string;
  threads: number;
  /** Bytes, of which a container may have less than the machine. */
  memory: number;
  /** Bytes. */
  availableMemory: number;
}

export interface DeviceReport {
  backend: string;
  device: string;
  dtypes: readonly Dtype[];
  state: DeviceState;
}

/** @param checksCache Whether every file of the hub's cache is read and held against its name. */
export async function diagnose({ checksCache = false } = {}): Promise<Diagnosis> {
  const settings = await readHubSettings();
  const [devices, { backend, device }, hub, cache] = await Promise.all([
    examineDevices(),
    chooseBackend({ dtype: 'float32' }),
    hubAccess(settings),
    cacheUse(settings.cacheFolder),
  ]);
  return {
    versions: { ...versions(), ...packageVersions() },
    machine: examineMachine(),
    devices,
    default: { backend, device },
    hub,
    cache,
    ...(checksCache && { cacheCheck: await checkCache(settings.cacheFolder) }),
  };
}

async function examineDevices(): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const name of backendNames) {
    const backend = await loadBackend(name);
    for (const [device, { types }] of Object.entries(backend.devices)) {
      const state = await backend.probe(device);
      reports.push({ backend: name, device, dtypes: (state.present && state.types) || types, state });
    }
  }
  return reports;
}

function examineMachine(): Machine {
  return {
    system: `${platform()} ${release()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    threads: availableParallelism(),
    memory: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
    availableMemory: process.availableMemory(),
  };
}
