import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { HonEvalError } from '../../errors.ts';

/** A picture that becomes part of a report. */
export interface AttachedPicture {
  /** The file's name. */
  name: string;
  /** Data URI: a picture in it runs no scripts and loads nothing. */
  url: string;
}

/** Throws a `usage` error for a file that is not there, or is neither an SVG nor a PNG. */
export async function readFigures(files: readonly string[]): Promise<AttachedPicture[]> {
  return Promise.all(files.map(readFigure));
}

async function readFigure(file: string): Promise<AttachedPicture> {
  const content = await readFile(file).catch((error: Error) => {
    throw new HonEvalError('usage', `Cannot read the figure ${file}: ${error.message}.`, { cause: error });
  });
  const type = pictureType(content);
  if (!type) throw new HonEvalError('usage', `Expected the figure ${file} to be an SVG or a PNG, got something else.`);
  return { name: path.parse(file).name, url: `data:${type};base64,${content.toString('base64')}` };
}

function pictureType(content: Buffer): string | null {
  if (content.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))) return 'image/png';
  return svgStart.test(content.toString('utf8', 0, 4096)) ? 'image/svg+xml' : null;
}

const svgStart = /^\ufeff?(?:\s|<\?[^>]*>|<!--.*?-->|<!DOCTYPE[^>]*>)*<svg[\s>]/is;
