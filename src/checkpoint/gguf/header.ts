/** The header of a GGUF file: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. */
import { realpath, stat } from 'node:fs/promises';
import { GGMLQuantizationType } from '@huggingface/gguf';
import { BoundedThread, LimitError } from '../../threads/bounded_thread.ts';
import { damaged, isGitLfsPointer, readBytes, withFile } from '../files.ts';
import { dtypeBits, elementCount, isStoredDtype, quote } from '../safetensors/header.ts';
import type { TensorInfo } from '../types.ts';
import { isQuantised, quantisedLength, quantisedTypes } from './blocks.ts';
import type { ParsedHeader } from './parse_header.ts';

export interface GgufHeader {
  /** The file, absolute, with symbolic links resolved. */
  file: string;
  metadata: Readonly<Record<string, unknown>>;
  /** By llama.cpp's names, with the axes in PyTorch's order. */
  tensors: Map<string, TensorInfo>;
}

/** Whether a path is that of a GGUF file. */
export function isGguf(path: string): boolean {
  return /\.gguf$/i.test(path);
}

/** Throws a `checkpoint` error where the file is damaged, or has a tensor of a type that is not read. */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  const file = await realpath(path);
  await checkMagic(file);
  return describeHeader(path, file, await parseInThread(file, path));
}

/** What a header says, held against the file. Throws as `readGgufHeader`. */
export async function describeHeader(path: string, file: string, parsed: ParsedHeader): Promise<GgufHeader> {
  const { metadata, tensorInfos, tensorDataOffset } = parsed;
  const parts = Number((metadata as Record<string, unknown>)['split.count'] ?? 1);
  if (parts > 1) throw damaged(path, `it is one of ${parts} parts; join them with llama-gguf-split --merge`);
  const { size } = await stat(file);
  const tensors = new Map<string, TensorInfo>();
  for (const { name, shape, dtype, offset } of tensorInfos) {
    const type = GGMLQuantizationType[dtype] ?? `type ${dtype}`;
    if (/^I\d+$/.test(type)) continue;
    const info = locate(type, shape.map(Number).reverse(), file, Number(tensorDataOffset + offset));
    if (!info) {
      const known = ['F32', 'F16', 'BF16', ...quantisedTypes].join(', ');
      throw damaged(path, `its tensor ${quote(name)} is stored as ${type}, and of GGUF's types ${known} are read`);
    }
    const { offset: begin, length } = 'computed' in info ? (info.computed as { offset: number; length: number }) : info;
    if (!Number.isInteger(length))
      throw damaged(path, `its tensor ${quote(name)} of the shape [${shape}] is no whole number of ${type} blocks`);
    if (begin + length > size)
      throw damaged(
        path,
        `it is truncated: tensor ${quote(name)} would end at byte ${begin + length}, and it has ${size}`,
      );
    tensors.set(name, info);
  }
  return { file, metadata: metadata as Record<string, unknown>, tensors };
}

/** A damaged header can have the library that reads it go on for ever: it does so in a thread that is ended. */
async function parseInThread(file: string, path: string): Promise<ParsedHeader> {
  const script = new URL('./header_thread.ts', import.meta.url);
  const thread = new BoundedThread<string, ParsedHeader>(script, { seconds: 20, megabytes: 1024 });
  try {
    return await thread.ask(file);
  } catch (error) {
    const why = error instanceof LimitError ? `which ${error.message}` : quote((error as Error).message);
    throw damaged(path, `its header is malformed (${why})`);
  } finally {
    await thread.close();
  }
}

function checkMagic(path: string): Promise<void> {
  return withFile(path, async (file) => {
    const start = await readBytes(file, 0, Math.min(64, file.size));
    if (isGitLfsPointer(start)) throw damaged(path, 'it is a Git LFS pointer; run "git lfs pull" there');
    if (start.toString('latin1', 0, 4) !== 'GGUF') throw damaged(path, 'it is no GGUF file');
  });
}

function locate(type: string, shape: number[], file: string, offset: number): TensorInfo | undefined {
  const count = elementCount(shape);
  if (isStoredDtype(type)) return { dtype: type, shape, file, offset, length: (count * dtypeBits[type]) / 8 };
  if (!isQuantised(type)) return undefined;
  const length = quantisedLength(type, count);
  return { dtype: type, shape, computed: { kind: 'blocks', type, file, offset, length } };
}
