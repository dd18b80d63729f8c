import { HonEvalError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { parameterName } from '../model/architecture.ts';
import { describeModel, parameterNames } from '../model/index.ts';
import { parameterShapes } from '../model/trace.ts';
import { elementCount } from './safetensors/header.ts';
import { readRange } from './tensors/stored.ts';
import type { Checkpoint, TensorInfo } from './types.ts';

/** Masks and rotary tables that transformers once saved beside the parameters, and has since computed. */
const buffers = /\.(attention\.(masked_)?bias|rotary_emb\.inv_freq)$/;

/** How many numbers the checkpoint's parameters are; a matrix that is stored twice counts twice. */
export function parameterCount({ tensors }: Pick<Checkpoint, 'tensors'>): number {
  let count = 0;
  for (const [name, { shape }] of tensors) if (!buffers.test(name)) count += elementCount(shape);
  return count;
}

/**
 * Tensors under the names that the architecture asks for, whatever version of transformers wrote them, with the head or
 * without it. Where the head is tied to the embedding, either may be stored for both.
 *
 * Errors: `checkpoint` where config.json cannot be run, or ties two matrices that differ.
 */
export async function nameParameters(
  model: string,
  config: JsonObject,
  tensors: ReadonlyMap<string, TensorInfo>,
): Promise<Map<string, TensorInfo>> {
  const names = parameterNames(config);
  const asked = new Set([...parameterShapes(config).keys(), names.head]);
  const named = new Map(
    [...tensors].map(([stored, info]) => {
      const name = parameterName(names, stored);
      return [asked.has(name) && !tensors.has(name) ? name : stored, info];
    }),
  );
  if (!describeModel(config).tiedHead) return named;
  const [embedding, head] = [named.get(names.embedding), named.get(names.head)];
  if (head && !embedding) {
    named.delete(names.head);
    named.set(names.embedding, head);
  }
  if (head && embedding && !(await areEqual(head, embedding))) {
    const message =
      `The config.json of ${model} ties the head to the embedding, but ${names.head} and ${names.embedding} are stored ` +
      'and differ: transformers would use both, and lm-evaluation-harness the embedding alone; set ' +
      'tie_word_embeddings to false, or delete the tensor that does not count.';
    throw new HonEvalError('checkpoint', message);
  }
  return named;
}

/** Bytes that are compared at a time. */
const chunkLength = 1 << 24;

async function areEqual(a: TensorInfo, b: TensorInfo): Promise<boolean> {
  if ('computed' in a || 'computed' in b || a.dtype !== b.dtype || a.length !== b.length) return false;
  for (let start = 0; start < a.length; start += chunkLength) {
    const length = Math.min(chunkLength, a.length - start);
    const [x, y] = await Promise.all(
      [a, b].map(({ file, offset }) => readRange({ file, offset: offset + start, length })),
    );
    if (Buffer.compare(x, y) !== 0) return false;
  }
  return true;
}
