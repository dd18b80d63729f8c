import type { HubAccess } from '../hub/access.ts';
import type { CacheCheck } from '../hub/check.ts';
import { plainTable } from '../output/plain_table.ts';
import { plainText } from '../output/plain_text.ts';
import { readableBytes } from '../output/units.ts';
import { terminalWidth, wrapWords } from '../output/wrap.ts';
import type { DeviceReport, Diagnosis } from './machine.ts';

/** A diagnosis for people. */
export function diagnosisText(diagnosis: Diagnosis): string {
  const { machine, devices, hub, cache, cacheCheck } = diagnosis;
  const { honEval, node, ...packages } = diagnosis.versions;
  const listed = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  const memory = `${readableBytes(machine.memory)} of memory, ${readableBytes(machine.availableMemory)} available`;
  const free = cache.free === undefined ? '' : `; ${readableBytes(cache.free)} free`;
  const kept = `${readableBytes(cache.size)} (models: ${cache.models}, data sets: ${cache.datasets})`;
  const sections = [
    [
      `hon-eval ${honEval}, Node ${node}, ${machine.system}`,
      `${machine.processor}, ${machine.threads} threads, ${memory}`,
      listed.join(', '),
    ],
    [plainTable(['backend', 'device', 'dtypes', 'state'], devices.map(deviceRow))],
    [`By itself, run computes with ${diagnosis.default.backend} on ${diagnosis.default.device}.`],
    remedyLines(devices),
    [`Hub: ${hub.endpoint} ${hubText(hub)}`, `Token: ${tokenText(hub)}`, `Cache: ${cache.folder} holds ${kept}${free}`],
    cacheCheck ? cacheLines(cacheCheck) : [],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.flatMap(wrapped).join('\n'))
    .join('\n\n');
}

/** A line, or what it wraps to; a table has wrapped already. */
function wrapped(line: string): string[] {
  if (line.includes('\n')) return [line];
  const [indent] = /^ */.exec(line) ?? [''];
  const [first, ...others] = wrapWords(line.trimStart(), terminalWidth() - indent.length - 2);
  return [indent + first, ...others.map((other) => `${indent}  ${other}`)];
}

function deviceRow({ backend, device, dtypes, state }: DeviceReport): string[] {
  return [backend, device, dtypes.join(', '), state.present ? `ready: ${state.detail}` : `missing: ${state.reason}`];
}

/** What each missing device needs. */
function remedyLines(devices: readonly DeviceReport[]): string[] {
  const lines = devices.flatMap(({ backend, device, state }) =>
    state.present ? [] : [`  ${backend} on ${device}: ${state.remedy}`],
  );
  return lines.length > 0 ? ['To use what is missing:', ...lines] : [];
}

function cacheLines({ files, size, damaged }: CacheCheck): string[] {
  const read = `Read through: ${files} files, ${readableBytes(size)}`;
  if (damaged.length === 0) return [`${read}; each holds what its name says`];
  return [
    `${read}; delete these, which are damaged and are downloaded again:`,
    ...damaged.map((path) => `  ${plainText(path)}`),
  ];
}

function hubText({ state, problem }: HubAccess): string {
  if (state === 'reachable') return 'answers';
  if (state === 'offline') return 'was not asked, as HF_HUB_OFFLINE is set; unset it to download';
  return `${problem}; check the network and HF_ENDPOINT`;
}

function tokenText({ token, user }: HubAccess): string {
  if (token === 'accepted') return user ? `of ${user}` : 'accepted';
  if (token === 'refused') return 'refused; replace HF_TOKEN or the token file';
  return token === 'none' ? 'none; HF_TOKEN opens gated and private repositories' : 'not checked';
}
