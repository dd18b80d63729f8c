/** Turns a standard checkpoint into one with Higher-Order Attention that is yet to be trained (section 4.4). */
import { copyFile, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { HonEvalError, isSystemError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { parseVerbatim } from '../python/verbatim_json.ts';
import { normalNumbers } from '../random.ts';
import { damaged, readBytes, withFile } from './files.ts';
import { narrowBfloat16, narrowFloat16 } from './narrow.ts';
import { type PlacedTensor, readLayout } from './safetensors/file.ts';
import { elementCount } from './safetensors/header.ts';
import { byteLength, type TensorSource, writeSafetensors } from './safetensors/writer.ts';
import type { Checkpoint, StoredDtype } from './types.ts';
import type { WeightFormat } from './weight_format.ts';

export interface Retrofit {
  base: Checkpoint;
  /** As `architectures` in config.json names it. */
  architecture: string;
  /** The `hon` key of the outcome's config.json. */
  hon: JsonObject;
  /** Inner projections: shapes by name, which is that of the base's own with `.hon.<role>` after the attention's. */
  added: ReadonlyMap<string, readonly number[]>;
  /** Decides the numbers of each added weight, together with its name. */
  seed: number;
  /** A folder that does not exist or is empty. */
  output: string;
}

export interface RetrofitListener {
  /** Bytes of weights written so far, and in all. */
  progress?(done: number, total: number): void;
  signal?: AbortSignal;
}

const modelingFile = 'modeling_hon.py';
const singleFile: WeightFormat = 'model.safetensors';
const indexFile: WeightFormat = 'model.safetensors.index.json';

/** What belongs to a model beside its weights and its configuration. */
const companions =
  /^(tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|generation_config)\.json$|^(chat_template\.|merges\.txt$|tokenizer\.model$)/;

/** Numbers that are copied or made at a time. */
const chunkElements = 1 << 20;

/**
 * Writes the checkpoint, in the base's shards and types, to a folder beside `output` that gets its name at the end.
 * Inner weights are normal with the config's `initializer_range`, inner biases zero, as transformers makes new layers;
 * norms of inner queries and keys are the layer's own.
 *
 * Errors: `checkpoint` where the base is damaged, `output` where the folder is not empty or cannot be written.
 */
export async function writeRetrofit(retrofit: Retrofit, listener: RetrofitListener = {}): Promise<void> {
  const output = resolve(retrofit.output);
  await refuseUsed(output);
  const partial = `${output}.partial-${process.pid}`;
  await mkdir(partial).catch((error) => {
    throw outputError(error, output);
  });
  try {
    await writeWeights(retrofit, partial, listener);
    await writeCompanions(retrofit, partial);
    await rmdir(output).catch(() => {});
    await rename(partial, output);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    listener.signal?.throwIfAborted();
    throw outputError(error, output);
  }
}

async function refuseUsed(output: string): Promise<void> {
  const files = await readdir(output).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw outputError(error, output);
  });
  if (files.length === 0) return;
  throw new HonEvalError('output', `The folder ${output} is not empty; name another one with --out.`);
}

/** Failures of the file system as an `output` error; anything else stays what it is. */
function outputError(error: unknown, output: string): unknown {
  if (!isSystemError(error)) return error;
  const message = `Cannot write the checkpoint to ${output}: ${error.message}. Name another folder with --out.`;
  return new HonEvalError('output', message, { cause: error });
}

/** One file of weights that is to be written. */
interface Shard {
  name: string;
  tensors: TensorSource[];
}

async function writeWeights(retrofit: Retrofit, folder: string, listener: RetrofitListener): Promise<void> {
  const shards = await planShards(retrofit);
  const total = shards.flatMap(({ tensors }) => tensors).reduce((sum, tensor) => sum + byteLength(tensor), 0);
  let done = 0;
  const onBytes = (count: number) => {
    listener.signal?.throwIfAborted();
    done += count;
    listener.progress?.(done, total);
  };
  for (const { name, tensors } of shards) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeSafetensors(
      join(folder, name),
      tensors.map((tensor) => ({ ...tensor, chunks: () => counted(tensor.chunks(), onBytes) })),
    );
  }
  if (retrofit.base.weightFiles[0].name === singleFile) return;
  const map = shards.flatMap(({ name, tensors }) => tensors.map((tensor) => [tensor.name, name]));
  const index = { metadata: { total_size: total }, weight_map: Object.fromEntries(map) };
  await writeJson(join(folder, indexFile), index);
}

async function* counted(chunks: AsyncIterable<Uint8Array>, onBytes: (count: number) => void) {
  for await (const chunk of chunks) {
    yield chunk;
    onBytes(chunk.length);
  }
}

/** The base's shards, with each added tensor in the one where the tensor that it is named after lies. */
async function planShards({ base, added, seed }: Retrofit): Promise<Shard[]> {
  const { initializer_range: range = base.config.init_std } = base.config;
  const deviation = typeof range === 'number' ? range : 0.02;
  const shards: Shard[] = [];
  const remaining = new Map(added);
  for (const { name, path } of base.weightFiles) {
    if (!name.endsWith('.safetensors'))
      throw damaged(path, 'a retrofit takes weights in safetensors; convert it first');
    const tensors = [...(await readLayout(path))].map(([stored, tensor]) => copy(stored, tensor));
    for (const [addedName, shape] of remaining) {
      const like = base.tensors.get(baseName(addedName));
      if (!like || 'computed' in like || like.file !== path) continue;
      const dtype = addedDtype(like.dtype);
      const isNorm = shape.length === 1 && addedName.endsWith('.weight');
      tensors.push(isNorm ? copy(addedName, like) : initialised(addedName, dtype, shape, seed, deviation));
      remaining.delete(addedName);
    }
    shards.push({ name, tensors });
  }
  for (const name of remaining.keys()) throw damaged(base.name, `it lacks the tensor "${baseName(name)}"`);
  return shards;
}

/** `….attention.hon.q.hon.k.query_key_value.weight` is made like `….attention.query_key_value.weight`. */
function baseName(name: string): string {
  return name.replace(/\.hon\.[qkv](?=\.)/g, '');
}

function copy(name: string, { dtype, shape, file, offset, length }: PlacedTensor): TensorSource {
  return { name, dtype, shape, chunks: () => readPieces(file, offset, offset + length) };
}

async function* readPieces(path: string, begin: number, end: number): AsyncGenerator<Uint8Array> {
  const size = 4 * chunkElements;
  for (let at = begin; at < end; at += size)
    yield await withFile(path, (file) => readBytes(file, at, Math.min(size, end - at)));
}

/** Of a weight beside one of the base's: the same, but for types that no optimizer trains. */
function addedDtype(dtype: StoredDtype): AddedDtype {
  return dtype === 'F64' || dtype === 'F16' || dtype === 'BF16' ? dtype : 'F32';
}

type AddedDtype = Extract<StoredDtype, 'F64' | 'F32' | 'F16' | 'BF16'>;

function initialised(
  name: string,
  dtype: AddedDtype,
  shape: readonly number[],
  seed: number,
  deviation: number,
): TensorSource {
  const isBias = name.endsWith('.bias');
  return {
    name,
    dtype,
    shape,
    async *chunks() {
      const fill = normalNumbers(seed, name);
      for (let left = elementCount(shape); left > 0; left -= chunkElements) {
        const values = new Float32Array(Math.min(left, chunkElements));
        if (!isBias) {
          fill(values);
          for (let i = 0; i < values.length; i++) values[i] *= deviation;
        }
        yield encode(values, dtype);
      }
    },
  };
}

function encode(values: Float32Array<ArrayBuffer>, dtype: AddedDtype): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer);
  if (dtype === 'F64') return new Uint8Array(Float64Array.from(values).buffer);
  const narrowed = new Uint16Array(values.length);
  const narrow = dtype === 'F16' ? narrowFloat16 : narrowBfloat16;
  narrow(new Uint32Array(values.buffer), narrowed);
  return new Uint8Array(narrowed.buffer);
}

async function writeCompanions({ base, architecture, hon }: Retrofit, folder: string): Promise<void> {
  const from = dirname(base.tokenizerFile);
  for (const file of (await readdir(from)).filter((name) => companions.test(name)))
    await copyFile(join(from, file), join(folder, file));
  const source = join(dirname(findPackageJSON(import.meta.url)!), 'src', 'checkpoint', modelingFile);
  await copyFile(source, join(folder, modelingFile));
  const auto_map = { AutoModelForCausalLM: `modeling_hon.${architecture}` };
  const config = parseVerbatim(await readFile(join(from, 'config.json'), 'utf8')) as object;
  await writeJson(join(folder, 'config.json'), { ...config, architectures: [architecture], auto_map, hon });
}

function writeJson(path: string, value: unknown): Promise<void> {
  return writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
