import { existsSync, statSync } from 'node:fs';
import { access, constants, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { HonEvalError, isSystemError } from '../errors.ts';

/**
 * Makes a folder that files will be written to, so that what could not be written fails before its work. Throws an
 * `output` error.
 * @param flag Which names another place.
 */
export async function prepareFolder(folder: string, flag = '--output'): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw outputError(error, folder, flag);
  }
}

/** Like `mkdir` with `recursive`, which never comes back from places that have no folders to give, such as /proc. */
async function makeFolder(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  if (parent !== folder && !existsSync(parent)) await makeFolder(parent);
  await mkdir(folder).catch((error) => {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  });
}

/** Failures of the file system as an `output` error; anything else is a bug and stays what it is. */
export function outputError(error: unknown, place: string, flag = '--output'): unknown {
  if (!isSystemError(error)) return error;
  const advice = error.code === 'ENOSPC' ? 'Make room, or choose' : 'Choose';
  const message = `Cannot write the results to ${place}: ${error.message}. ${advice} another place with ${flag}.`;
  return new HonEvalError('output', message, { cause: error });
}
