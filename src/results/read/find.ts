import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { HonEvalError, reason } from '../../errors.ts';
import { deepestJson, isTooDeep, type Json } from '../../json.ts';
import { parsePythonJson } from '../../python/read_json.ts';
import { looksLikeResults } from './parse.ts';

/** A JSON file that holds results, well-formed or not. */
export interface FoundFile {
  file: string;
  content: Json;
}

/** Bytes; a results file without samples has some kilobytes to a few megabytes. */
const largestFile = 256 * 2 ** 20;

/**
 * The results files of a path, in the order of their names: the file itself, or all in the folder and below. In a
 * folder, `results*.json` have to be good; other JSON files count where they hold results. Hidden files are passed over.
 */
export async function findResults(place: string): Promise<FoundFile[]> {
  if (!existsSync(place))
    throw new HonEvalError('results', `There are no results at ${place}: no such file or folder.`);
  if (!(await stat(place)).isDirectory()) return [{ file: place, content: await readJsonFile(place) }];
  const entries = await readdir(place, { recursive: true });
  const names = entries.filter(
    (name) => name.endsWith('.json') && !name.split(path.sep).some((part) => part[0] === '.'),
  );
  const found: FoundFile[] = [];
  for (const name of names.sort()) {
    const file = path.join(place, name);
    if (path.basename(file).startsWith('results')) found.push({ file, content: await readJsonFile(file) });
    else found.push(...(await readIfResults(file)));
  }
  if (found.length > 0) return found;
  throw new HonEvalError('results', `${place}: expected a results_*.json in this folder or below, found none.`);
}

async function readIfResults(file: string): Promise<FoundFile[]> {
  try {
    const content = await readJsonFile(file);
    return looksLikeResults(content) ? [{ file, content }] : [];
  } catch (error) {
    if (error instanceof HonEvalError) return [];
    throw error;
  }
}

async function readJsonFile(file: string): Promise<Json> {
  const { size } = await stat(file);
  if (size > largestFile) {
    throw new HonEvalError(
      'results',
      `${file}: expected a results file, got one of ${size} bytes; is it a samples file?`,
    );
  }
  const text = (await readFile(file, 'utf8')).replace(/^\ufeff/, '');
  let value: Json;
  try {
    value = parsePythonJson(text);
  } catch (error) {
    const advice = file.endsWith('.jsonl') ? 'give the results file, not its samples' : 'is it cut short?';
    throw new HonEvalError(
      'results',
      `${file}: expected JSON, got text that does not parse (${reason(error)}); ${advice}`,
      {
        cause: error,
      },
    );
  }
  if (!isTooDeep(value)) return value;
  throw new HonEvalError(
    'results',
    `${file}: expected results, got more than ${deepestJson} levels of lists and objects.`,
  );
}
