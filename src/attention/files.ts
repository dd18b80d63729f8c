import path from 'node:path';
import type { Spec } from 'vega';
import { HonEvalError } from '../errors.ts';
import { renderPng, renderSvg } from '../output/draw.ts';
import { npy } from '../output/npy.ts';
import { outputError, prepareFolder } from '../output/output_folder.ts';
import { PendingFiles } from '../output/pending_files.ts';
import { modelLabels } from '../results/names.ts';
import { sanitizeModelName } from '../results/paths.ts';
import { attentionFigure, headsFigure } from './figure.ts';
import { attentionWeightsJson } from './json.ts';
import { attentionKey } from './labels.ts';
import type { AttentionMap, AttentionMaps } from './maps.ts';

const flag = '--out';

/** Draws the figures of an extension's format. */
const figures: Record<string, (spec: Spec) => Promise<string | Uint8Array>> = {
  '.png': async (spec) => renderPng(await renderSvg(spec)),
  '.svg': renderSvg,
};

const extensions = [...Object.keys(figures), '.json', '.npy'];

/** Makes the folders of files; throws a `usage` error for one whose extension is not a format's, or an `output` error. */
export async function prepareAttentionFiles(files: readonly string[]): Promise<void> {
  for (const file of files) {
    if (!extensions.includes(path.extname(file)))
      throw new HonEvalError(
        'usage',
        `${flag} ${file} does not end in ${extensions.join(', ')}, which tells its format.`,
      );
  }
  for (const file of files) await prepareFolder(path.dirname(file), flag);
}

/**
 * Writes what each file's extension asks for, and returns the files' names; after a failure none of them exists.
 *
 * - `.png`, `.svg`: the figure; with `all` also one of each attention's heads, as `<stem>.<model>.<attention>.png`.
 * - `.json`: numbers and weights of every head.
 * - `.npy`: the weights of every head [layers, heads, n, n], as `<stem>.<model>.<attention>.npy`.
 */
export async function writeAttentionFiles(
  models: readonly AttentionMaps[],
  files: readonly string[],
  all: boolean,
  signal?: AbortSignal,
): Promise<string[]> {
  const pending = new PendingFiles();
  const written: string[] = [];
  const write = async (file: string, chunks: Iterable<string | Uint8Array>) => {
    await pending.write(file, chunks, signal);
    written.push(file);
  };
  try {
    for (const file of files) {
      const draw = figures[path.extname(file)];
      if (draw) await write(file, [await draw(attentionFigure(models))]);
      else if (path.extname(file) === '.json') await write(file, attentionWeightsJson(models));
      if (draw && all)
        for (const [name, model, map] of each(models, file)) await write(name, [await draw(headsFigure(model, map))]);
      if (path.extname(file) === '.npy')
        for (const [name, model, map] of each(models, file)) await write(name, weightsNpy(model, map));
    }
    await pending.publish();
    return written;
  } catch (error) {
    await pending.discard();
    signal?.throwIfAborted();
    throw outputError(error, files.join(', '), flag);
  }
}

/** Every attention with the name of its own file. */
function* each(models: readonly AttentionMaps[], file: string): Generator<[string, AttentionMaps, AttentionMap]> {
  const { dir, name, ext } = path.parse(file);
  const labels = modelLabels(models);
  for (const [m, model] of models.entries())
    for (const map of model.maps) {
      const part = `${sanitizeModelName(labels[m])}.${attentionKey(map.path)}`;
      yield [path.join(dir, `${name}.${part}${ext}`), model, map];
    }
}

function weightsNpy({ config, ids }: AttentionMaps, { heads }: AttentionMap): Iterable<Uint8Array> {
  const shape = [config.layers, heads.length / config.layers, ids.length, ids.length];
  return npy(
    heads.map(({ weights }) => weights),
    shape,
  );
}
