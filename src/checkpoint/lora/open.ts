import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HonEvalError } from '../../errors.ts';
import { readJsonObject } from '../files.ts';
import type { OpenPlace } from '../place.ts';
import type { WeightFile } from '../types.ts';
import { readWeightFile } from '../weights.ts';
import type { Adapter } from './apply.ts';
import { type AdapterConfig, parseAdapterConfig } from './config.ts';

const configFile = 'adapter_config.json';
const weightFiles = ['adapter_model.safetensors', 'adapter_model.bin'];

/** `base+adapter` in its two halves; a folder whose own name has a plus is no such pair. */
export async function splitAdapter(spec: string): Promise<[base: string, adapter?: string]> {
  const plus = spec.lastIndexOf('+');
  const isFolder = await stat(spec).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  return plus <= 0 || isFolder ? [spec] : [spec.slice(0, plus), spec.slice(plus + 1)];
}

/** Whether a place has an adapter and no model of its own. */
export function isAdapter({ files }: OpenPlace): boolean {
  return files.includes(configFile) && !files.some((file) => /^model\.safetensors/.test(file));
}

/** The model that an adapter says it is of. Throws a `checkpoint` error where it names none. */
export async function adapterBase(name: string, place: OpenPlace): Promise<string> {
  const { base } = await readConfig(name, place);
  if (base !== undefined) return base;
  throw new HonEvalError('checkpoint', `The adapter ${name} names no base model; give it as BASE+${name}.`);
}

/** Reads all of an adapter but its weights. Throws a `checkpoint` error where it cannot be merged. */
export async function openAdapter(name: string, place: OpenPlace): Promise<Adapter & { weightFiles: WeightFile[] }> {
  const config = await readConfig(name, place);
  const file = weightFiles.find((known) => place.files.includes(known));
  if (file === undefined) throw missing(name, weightFiles.join(' or '));
  await place.fetch([file]);
  const path = join(place.folder, file);
  return {
    name,
    config,
    tensors: await readWeightFile(path),
    weightFiles: [{ name: file, path: await realpath(path) }],
  };
}

async function readConfig(name: string, { files, folder }: OpenPlace): Promise<AdapterConfig> {
  if (!files.includes(configFile)) throw missing(name, configFile);
  const path = join(folder, configFile);
  return parseAdapterConfig(await readJsonObject(path), path);
}

function missing(name: string, file: string): HonEvalError {
  return new HonEvalError('checkpoint', `Cannot read the adapter of ${name}: it has no ${file}.`);
}
