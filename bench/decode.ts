/**
 * What a token costs that continues a text, with caches and, in turn with it, by reading the whole text anew:
 *
 *     node bench/decode.ts MODEL_FOLDER [THREADS]
 *
 * At texts of 128, 512 and 2,048 tokens, 1 and 8 at once, of the checkpoint as it is and as Higher-Order ones with the
 * same weights (`shared`, q and k). Prints tokens/s over all texts, of medians.
 */
import { availableParallelism } from 'node:os';
import type { LoadedDecoder } from '../src/backend/backend.ts';
import { advance, Cache } from '../src/backend/cache.ts';
import { findBackend } from '../src/backend/index.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { buildModel, describeModel } from '../src/model/index.ts';
import { median } from './statistics.ts';

const lengths = [128, 512, 2048];
const orders = [1, 2, 3];
const rounds = 3;
/** Steps with caches, for each time that the text is read anew. */
const steps = 5;
/** Tokens that are read at once: what the texts are made of. */
const part = 256;

const [folder, threads = String(availableParallelism())] = process.argv.slice(2);
const { config, tensors } = await openCheckpoint(folder);
const { vocabularySize, contextLength } = describeModel(config);
const options = { device: 'cpu', dtype: 'float32', threads: Number(threads) } as const;
const backend = await findBackend('onnx', options.device, options.dtype);

const random = Array.from({ length: contextLength }, (_, i) => (i * 7919 + 13) % vocabularySize);

console.log('| order | texts | length | with caches, tokens/s | read anew, tokens/s | ratio |');
console.log('|---|---|---|---|---|---|');
for (const order of orders) {
  const hon = order === 1 ? null : { order, projections: ['q', 'k'], inner: 'shared' };
  const decoder = await backend.loadDecoder(tensors, (ops) => buildModel(ops, { ...config, hon }).next, options);
  for (const texts of [1, 8]) for (const length of lengths) await measure(decoder, order, texts, length);
  await decoder.close();
}

async function measure(decoder: LoadedDecoder, order: number, texts: number, length: number): Promise<void> {
  // The last of the steps is at this length.
  const start = length - rounds * steps;
  const cache = await read(decoder, texts, start);
  const times = { cached: [] as number[], anew: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.anew.push(await time(() => read(decoder, texts, length)));
    for (let step = 0; step < steps; step++)
      times.cached.push(await time(() => advance(decoder, cache, Array(texts).fill([step]))));
  }
  const [cached, anew] = [median(times.cached), median(times.anew)].map((seconds) => texts / seconds);
  const figures = [cached.toFixed(0), anew.toFixed(2), (cached / anew).toFixed(0)];
  console.log(`| ${[order, texts, length, ...figures].join(' | ')} |`);
}

async function read(decoder: LoadedDecoder, texts: number, length: number): Promise<Cache> {
  const cache = new Cache(decoder.entries);
  cache.resize(texts);
  for (let from = 0; from < length; from += part)
    await advance(decoder, cache, Array(texts).fill(random.slice(from, Math.min(from + part, length))));
  return cache;
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
