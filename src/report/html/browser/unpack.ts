import type { Columns } from '../page_data.ts';
import { byId } from './dom.ts';

/** The bytes of an element that `packed` made. */
async function unpack(id: string): Promise<Response> {
  const letters = atob(byId(id).textContent);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  const { writable, readable } = new DecompressionStream('gzip');
  const writer = writable.getWriter();
  // What goes wrong here shows where the other end is read.
  writer.write(bytes).catch(() => {});
  writer.close().catch(() => {});
  return new Response(readable);
}

export async function unpackText(id: string): Promise<string> {
  return (await unpack(id)).text();
}

export async function unpackColumns(): Promise<Columns> {
  const buffer = async (name: string) => (await unpack(`column-${name}`)).arrayBuffer();
  return {
    ids: new Int32Array(await buffer('ids')),
    benchmarks: new Uint16Array(await buffer('benchmarks')),
    scores: new Float32Array(await buffer('scores')),
    margins: new Float32Array(await buffer('margins')),
    probabilities: new Float32Array(await buffer('probabilities')),
    flags: new Uint8Array(await buffer('flags')),
  };
}
