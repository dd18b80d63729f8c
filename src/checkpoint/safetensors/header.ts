import { deepestJson, isTooDeep, type Json } from '../../json.ts';
import { type StoredDtype, storedDtypes } from '../types.ts';

/** Where a safetensors header says that a tensor lies. */
export interface TensorEntry {
  /** One of `StoredDtype`, or a type of integers or booleans. */
  dtype: string;
  shape: number[];
  /** First byte, counted from the end of the header. */
  begin: number;
  /** The byte after the last. */
  end: number;
}

/** A header that cannot be trusted. The message is the end of a sentence whose beginning names the file. */
export class SafetensorsHeaderError extends Error {}

/** Bits of an element, by dtype: https://github.com/huggingface/safetensors, `Dtype::bitsize`. */
export const dtypeBits: Record<string, number> = {
  ...{ BOOL: 8, U8: 8, I8: 8, U16: 16, I16: 16, U32: 32, I32: 32, U64: 64, I64: 64 },
  ...{ F32: 32, F16: 16, BF16: 16, F64: 64, C64: 64 },
  ...{ F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8, F6_E2M3: 6, F6_E3M2: 6, F4: 4 },
};

/** Whether weights can be read from a dtype. */
export function isStoredDtype(dtype: string): dtype is StoredDtype {
  return (storedDtypes as readonly string[]).includes(dtype);
}

/** Whether a dtype is one that models keep masks and counters in, not weights. */
export function isIntegral(dtype: string): boolean {
  return /^(BOOL|[UI]\d+)$/.test(dtype);
}

/** What to do about a tensor whose dtype is neither: the end of a sentence. */
export function unreadable(name: string, dtype: string): string {
  return `tensor ${quote(name)} is stored as ${dtype}; convert the checkpoint to one of ${storedDtypes.slice(0, 4).join(', ')}`;
}

/**
 * Reads the JSON header of a safetensors file. Everything is checked, as the file may come from anywhere: the tensors
 * must fill the `dataLength` bytes after the header exactly, without gaps or overlaps, and each must be as long as its
 * shape and dtype say. Integers and booleans may be among them: old checkpoints store their masks beside the weights.
 */
export function parseHeader(header: Uint8Array, dataLength: number): Map<string, TensorEntry> {
  const entries: [string, TensorEntry][] = [];
  for (const [name, value] of Object.entries(parseObject(header))) {
    if (name !== '__metadata__') entries.push([name, checkEntry(name, value)]);
  }
  checkCoverage(entries, dataLength);
  return new Map(entries);
}

function parseObject(header: Uint8Array): Record<string, unknown> {
  const text = decodeUtf8(header);
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('its header is not a JSON object');
  if (isTooDeep(value as Json)) fail(`its header has more than ${deepestJson} levels`);
  const repeated = repeatedKey(text);
  if (repeated !== undefined) fail(`its header names ${quote(repeated)} twice`);
  return value as Record<string, unknown>;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail('its header is not UTF-8');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail('its header is not JSON');
  }
}

/** The first key that a JSON object has twice on its top level, where `JSON.parse` would keep only the last. */
export function repeatedKey(json: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === '{' || char === '[') depth++;
    if (char === '}' || char === ']') depth--;
    if (char !== '"') continue;
    const start = i++;
    while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
    if (depth > 1 || !isFollowedByColon(json, i + 1)) continue;
    const key = JSON.parse(json.slice(start, i + 1));
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return undefined;
}

function isFollowedByColon(json: string, from: number): boolean {
  let i = from;
  while (/\s/.test(json[i])) i++;
  return json[i] === ':';
}

function checkEntry(name: string, value: unknown): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const who = `tensor ${quote(name)}`;
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypeBits, dtype))
    return fail(`${who} has the unknown dtype ${quote(dtype)}`);
  if (!isStoredDtype(dtype) && !isIntegral(dtype)) return fail(unreadable(name, dtype));
  if (!isCounts(shape)) return fail(`${who} has the shape ${quote(shape)}, which is not a list of sizes`);
  if (!isCounts(offsets) || offsets.length !== 2) return fail(`${who} has the data offsets ${quote(offsets)}`);
  const [begin, end] = offsets;
  if (end < begin) return fail(`${who} ends at byte ${end}, before it begins at ${begin}`);
  const length = (elementCount(shape) * dtypeBits[dtype]) / 8;
  if (length !== end - begin) {
    return fail(`${who} takes ${end - begin} bytes, but ${dtype} of shape [${shape}] takes ${length}`);
  }
  return { dtype, shape, begin, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Elements of a tensor. Beyond 2^53 it is not exact, but no file is that long. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function checkCoverage(entries: [string, TensorEntry][], dataLength: number): void {
  let covered = 0;
  const inOrder = entries.toSorted(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, { begin, end }] of inOrder) {
    if (begin < covered) fail(`tensor ${quote(name)} begins at byte ${begin}, inside the tensor before it`);
    if (begin > covered) fail(`the bytes ${covered} to ${begin} of its data belong to no tensor`);
    covered = end;
  }
  if (covered > dataLength) {
    fail(`it is truncated: its tensors take ${covered} bytes and ${dataLength} are there; download or copy it again`);
  }
  if (covered < dataLength) fail(`the last ${dataLength - covered} bytes of its data belong to no tensor`);
}

function fail(message: string): never {
  throw new SafetensorsHeaderError(message);
}

/** A value from the file, short and without control characters, as part of a message. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'none';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
