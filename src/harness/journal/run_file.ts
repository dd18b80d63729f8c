import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../../output/pending_files.ts';
import { sha256 } from '../../sha256.ts';
import { settingsId, type Unit } from './settings.ts';

const schema = z.object({ begun: z.iso.datetime() });

/**
 * When a run of exactly these units was begun, by whatever process: what its results are called by, so that a run that
 * goes on writes the files that it would have written. Their journals must be held.
 */
export async function runBegun(folder: string, units: readonly Unit[], fresh: boolean): Promise<Date> {
  const [{ model }] = units;
  const ids = units.map(({ task, settings }) => `${task} ${settingsId(settings)}`);
  const file = path.join(folder, `run.${sha256(JSON.stringify([model, ids])).slice(0, 12)}.json`);
  if (fresh) await rm(file, { force: true });
  const known = readBegun(file);
  if (known) return known;
  const begun = new Date();
  await writeWhole(file, [`${JSON.stringify({ model, tasks: units.map(({ task }) => task), begun })}\n`]);
  return begun;
}

function readBegun(file: string): Date | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return new Date(schema.parse(JSON.parse(readFileSync(file, 'utf8'))).begun);
  } catch {
    return undefined;
  }
}
