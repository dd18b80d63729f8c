import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseDevice } from '../../backend/backend.ts';
import { isGguf } from '../../checkpoint/gguf/header.ts';
import type { Checkpoint } from '../../checkpoint/types.ts';
import type { Json } from '../../json.ts';
import { sha256 } from '../../sha256.ts';
import type { Chosen, ModelOptions, OpenModel } from '../open_run.ts';
import { backendVersion, versions } from '../versions.ts';

/**
 * What the figures of a unit depend on beside its questions, by a name that a sentence can have: where one of these
 * differs, nothing is taken over. Digests are hexadecimal sha256.
 */
export type UnitSettings = Readonly<Record<string, Json>>;

/** A checkpoint and a benchmark, and all that their figures depend on beside the questions. */
export interface Unit {
  /** As the user named it. */
  model: string;
  task: string;
  settings: UnitSettings;
}

/** What every kind of unit depends on. */
export async function commonSettings(
  { checkpoint, config }: OpenModel,
  weightsDigest: string,
  { backend, device, dtype }: Chosen<ModelOptions>,
): Promise<UnitSettings> {
  return {
    weights: weightsDigest,
    'config.json': sha256(JSON.stringify(checkpoint.config)),
    tokenizer: await tokenizerDigest(checkpoint),
    'Hon setting': config.hon ? { ...config.hon, projections: [...config.hon.projections] } : null,
    backend,
    "backend's version": backendVersion(backend),
    // `cuda:1` computes what `cuda:0` does.
    device: parseDevice(device).name,
    dtype,
    "hon-eval's version": versions().honEval,
  };
}

/** Of all files that say how a text becomes tokens. */
async function tokenizerDigest(checkpoint: Checkpoint): Promise<string> {
  const { tokenizerFile, tokenizerConfigFile, specialTokensMapFile } = checkpoint;
  const digest = createHash('sha256');
  // The vocabulary of a GGUF file is part of the weights' digest.
  const files = [tokenizerFile, tokenizerConfigFile, specialTokensMapFile].filter((file) => !file || !isGguf(file));
  for (const file of files) digest.update(file ? await readFile(file) : '').update('\0');
  return digest.digest('hex');
}

/** Names a unit's settings, hexadecimal. */
export function settingsId(settings: UnitSettings): string {
  const names = Object.keys(settings).sort();
  return sha256(JSON.stringify(names.map((name) => [name, settings[name]]))).slice(0, 12);
}

/** What differs between two units, as the end of a sentence. */
export function describeDifference(then: UnitSettings, now: UnitSettings): string {
  const names = [...new Set([...Object.keys(now), ...Object.keys(then)])];
  const text = (value: Json | undefined) => (value === undefined ? 'not there' : JSON.stringify(value));
  const parts = names
    .map((name) => ({ name, before: text(then[name]), after: text(now[name]) }))
    .filter(({ before, after }) => before !== after)
    .map(({ name, before, after }) =>
      // Nobody compares digests or texts by eye.
      Math.max(before.length, after.length) > 40 ? `${name} differs` : `${name} was ${before} and is ${after}`,
    );
  return parts.join(', ');
}
