import { type FileHandle, open } from 'node:fs/promises';
import { dtypeBits, elementCount } from './header.ts';

/** A tensor that is to be written. */
export interface TensorSource {
  name: string;
  /** One of those that safetensors has. */
  dtype: string;
  shape: readonly number[];
  /** Its bytes, piece by piece; a piece may be overwritten once the next one is asked for. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Bytes of a tensor in a file. */
export function byteLength({ dtype, shape }: Pick<TensorSource, 'dtype' | 'shape'>): number {
  return (elementCount(shape) * dtypeBits[dtype]) / 8;
}

/**
 * Writes a safetensors file without ever holding more than a piece of it. Wide types come first, as in files by the
 * safetensors library, so that every tensor is aligned.
 */
export async function writeSafetensors(path: string, tensors: readonly TensorSource[]): Promise<void> {
  const ordered = tensors.toSorted((a, b) => dtypeBits[b.dtype] - dtypeBits[a.dtype]);
  const file = await open(path, 'wx');
  try {
    await file.writeFile(header(ordered));
    for (const tensor of ordered) await writeChunks(file, tensor);
  } finally {
    await file.close();
  }
}

async function writeChunks(file: FileHandle, tensor: TensorSource): Promise<void> {
  let written = 0;
  for await (const chunk of tensor.chunks()) {
    await file.writeFile(chunk);
    written += chunk.length;
  }
  if (written !== byteLength(tensor)) throw new Error(`${written} bytes are not ${tensor.dtype} [${tensor.shape}]`);
}

/** The header's length in eight bytes, and the header, padded to a multiple of eight. */
function header(tensors: readonly TensorSource[]): Buffer {
  let end = 0;
  const entries = tensors.map((tensor) => {
    const begin = end;
    end += byteLength(tensor);
    return [tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] }];
  });
  // Which framework's tensors they are; transformers 4 refuses files that do not say it.
  const text = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  const json = Buffer.from(text);
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = Buffer.alloc(8 + length, ' ');
  bytes.writeBigUInt64LE(BigInt(length));
  json.copy(bytes, 8);
  return bytes;
}
