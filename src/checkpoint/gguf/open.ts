import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HonEvalError } from '../../errors.ts';
import { type OpenOptions, type OpenPlace, openPlace } from '../place.ts';
import type { Checkpoint } from '../types.ts';
import { isGguf, readGgufHeader } from './header.ts';
import { ggufConfig, ggufTensors } from './model.ts';

/** A GGUF file and the place that it is in. */
interface GgufPlace {
  place: OpenPlace;
  file: string;
}

/** Finds `FOLDER/FILE.gguf`, or `owner/name/FILE.gguf` and `owner/name/FILE.gguf@revision` on the hub. */
export async function openGgufPlace(spec: string, options: OpenOptions): Promise<GgufPlace | undefined> {
  if (isGguf(spec) && (await stat(spec).catch(() => undefined))?.isFile()) {
    const place = await openPlace(dirname(spec), { select: () => false }, options);
    return { place, file: basename(spec) };
  }
  const {
    repo,
    file,
    revision = '',
  } = /^(?<repo>[^/@\\.~][^/@\\]*\/[^/@\\]+)\/(?<file>[^@\\]+\.gguf)(?<revision>@.+)?$/i.exec(spec)?.groups ?? {};
  if (repo === undefined) return undefined;
  const place = await openPlace(repo + revision, { select: (path) => path === file }, options);
  if (place.files.includes(file)) return { place, file };
  throw new HonEvalError('checkpoint', `The repository ${repo} has no file ${file}; it has ${list(place.files)}.`);
}

/** The GGUF file of a place that has no weights in other formats; throws a `checkpoint` error where there are several. */
export function onlyGguf(name: string, { files }: OpenPlace): string | undefined {
  const found = files.filter(isGguf);
  const others = files.some((file) => /^(model.*\.safetensors|pytorch_model.*\.bin)$/.test(file));
  if (found.length === 0 || others) return undefined;
  if (found.length === 1) return found[0];
  throw new HonEvalError('checkpoint', `The model ${name} is ${list(found)}; name one, as ${name}/${found[0]}.`);
}

function list(files: string[]): string {
  const found = files.filter(isGguf).sort();
  return found.length > 3 ? `${found.slice(0, 3).join(', ')} and ${found.length - 3} more` : found.join(', ');
}

/** Reads all of a GGUF file but the weights; the vocabulary is its own. */
export async function readGgufCheckpoint(name: string, { place, file }: GgufPlace): Promise<Checkpoint> {
  await place.fetch([file]);
  const header = await readGgufHeader(join(place.folder, file));
  return {
    name,
    source: place.source,
    config: await ggufConfig(header),
    tensors: ggufTensors(header),
    weightFiles: [{ name: file, path: header.file }],
    tokenizerFile: join(place.folder, file),
    tokenizerConfigFile: join(place.folder, file),
  };
}
