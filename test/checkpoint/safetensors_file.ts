/** A tensor to be written; `data` is as long as `dtype` and `shape` say unless a test wants otherwise. */
export interface WrittenTensor {
  dtype: string;
  shape: number[];
  data: Uint8Array;
}

/** The bytes of a safetensors file with these tensors, in this order. */
export function safetensorsFile(tensors: Record<string, WrittenTensor>, metadata?: Record<string, string>): Buffer {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  let end = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [end, end + data.length] };
    end += data.length;
  }
  return withHeader(JSON.stringify(header), Buffer.concat(Object.values(tensors).map(({ data }) => data)));
}

/** A safetensors file with any header. */
export function withHeader(header: string, data: Uint8Array = Buffer.alloc(0)): Buffer {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

export function float32(shape: number[], values: number[]): WrittenTensor {
  return { dtype: 'F32', shape, data: Buffer.from(Float32Array.from(values).buffer) };
}

export function bits16(dtype: 'F16' | 'BF16', shape: number[], values: ArrayLike<number>): WrittenTensor {
  return { dtype, shape, data: Buffer.from(Uint16Array.from(values).buffer) };
}
