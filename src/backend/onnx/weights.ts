/** Where ONNX Runtime finds a model's weights. */
import { dirname, sep } from 'node:path';
import { readTensor } from '../../checkpoint/tensors/read.ts';
import { readRange } from '../../checkpoint/tensors/stored.ts';
import type { StoredTensor, TensorInfo } from '../../checkpoint/types.ts';
import type { Graph } from './graph.ts';
import { isAsStored } from './graph.ts';
import type { ExternalData } from './proto.ts';
import { openSession, type Session, type SessionOptions, type WeightPlace } from './session.ts';

export interface PlacedWeights extends WeightPlace {
  /** Where the bytes of a weight are, by its name. */
  locate(name: string): ExternalData;
}

/**
 * In the checkpoint's own files, so that nothing is copied; but in memory where some are not as it takes them, for ONNX Runtime takes
 * either files or memory, and no mixture.
 */
export async function placeWeights(weights: ReadonlyMap<string, TensorInfo>): Promise<PlacedWeights> {
  const stored = new Map<string, StoredTensor>();
  for (const [name, info] of weights) if (isAsStored(info)) stored.set(name, info);
  return stored.size === weights.size ? inFiles(stored) : inMemory(weights);
}

function inFiles(weights: ReadonlyMap<string, StoredTensor>): PlacedWeights {
  const folder = commonFolder([...weights.values()].map(({ file }) => file));
  return {
    folder,
    locate(name) {
      const { file, offset, length } = weights.get(name)!;
      return { location: file.slice(folder.length + 1), offset, length };
    },
  };
}

/** One after the other, as what a computation takes beside its result may be as much again. */
async function inMemory(weights: ReadonlyMap<string, TensorInfo>): Promise<PlacedWeights> {
  const bytes = new Map<string, Uint8Array>();
  for (const [name, info] of weights)
    bytes.set(name, isAsStored(info) ? await readRange(info) : new Uint8Array((await readTensor(info)).buffer));
  return {
    files: [...bytes].map(([path, data]) => ({ path, data })),
    locate: (name) => ({ location: name, offset: 0, length: bytes.get(name)!.length }),
  };
}

/** A session of a graph that is complete. */
export async function openGraph(graph: Graph, options: SessionOptions): Promise<Session> {
  const { locate, ...place } = await placeWeights(graph.weights);
  return openSession(graph.encode(locate), place, options);
}

/** The deepest folder that holds every file; ONNX Runtime refuses paths that leave the one it is given. */
function commonFolder(files: string[]): string {
  const [first = [], ...others] = [...new Set(files.map((file) => dirname(file)))].map((file) => file.split(sep));
  let depth = 0;
  while (depth < first.length && others.every((folder) => folder[depth] === first[depth])) depth++;
  return first.slice(0, depth).join(sep);
}
