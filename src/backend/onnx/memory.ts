/** A decoder's caches as tensors that stay on a WebGPU device, moved by small graphs of their own. */
import { Tensor } from 'onnxruntime-node';
import type { BackendOptions, CacheEntry } from '../backend.ts';
import { pastShape } from '../cache.ts';
import type { Block, DeviceMemory, DeviceStep, Source } from '../device_cache.ts';
import { indices } from './attention.ts';
import { Graph, type Value } from './graph.ts';
import { freshName, pastName } from './ops.ts';
import { elementTypes } from './proto.ts';
import { openSession, type Session } from './session.ts';

type Tensors = Record<string, Tensor>;

/** Places for tokens that a row has at first. */
const blankCapacity = 64;

/** Where a session leaves what it gives: what is remembered on the device. */
export function outputLocations(names: readonly string[]): Record<string, 'cpu' | 'gpu-buffer'> {
  return Object.fromEntries(names.map((name) => [name, name === 'logits' ? 'cpu' : 'gpu-buffer']));
}

/** Runs a session, and counts what goes to the device and comes back. */
export class Runner {
  bytes = 0;

  async run({ session }: Session, feeds: Tensors): Promise<Tensors> {
    const outputs = (await session.run(feeds)) as Tensors;
    for (const tensor of [...Object.values(feeds), ...Object.values(outputs)])
      if (tensor.location === 'cpu') this.bytes += (tensor.data as Float32Array).byteLength;
    return outputs;
  }
}

/** The graphs beside the decoder's own; none has weights. */
export interface MemoryGraphs {
  /** Puts what is to be remembered of new tokens behind the earlier ones. */
  append: Session;
  /** The rows of two blocks, one behind the other. */
  join: Session;
  /** Chosen rows of a block, with another capacity. */
  pick: Session;
  /** What is to be remembered of new tokens, out of the device. */
  read: Session;
}

export async function closeGraphs(graphs: MemoryGraphs): Promise<void> {
  await Promise.all(Object.values<Session>({ ...graphs }).map(({ session }) => session.release()));
}

export async function openMemoryGraphs(entries: readonly CacheEntry[], options: BackendOptions): Promise<MemoryGraphs> {
  const open = (build: (g: Graph, entry: CacheEntry, i: number) => Value, declare: (g: Graph) => void) => {
    const g = new Graph();
    declare(g);
    entries.forEach((entry, i) => {
      g.output(pastName(i, 'next'), { ...build(g, entry, i), shape: pastShape(entry, 'rows', 'capacity') });
    });
    const names = entries.map((_, i) => pastName(i, 'next'));
    return openSession(g.encode(), {}, { ...options, outputLocations: outputLocations(names) });
  };
  const [append, join, pick] = [await openAppend(open), await openJoin(open), await openPick(open)];
  return { append, join, pick, read: await openRead(entries, options) };
}

function openRead(entries: readonly CacheEntry[], options: BackendOptions): Promise<Session> {
  const g = new Graph();
  entries.forEach(({ heads, headSize }, i) => {
    const shape = ['tokens', heads * headSize];
    // An output may not have an input's name.
    g.output(`read.${i}`, { ...g.input(freshName(i), 'float32', shape), shape });
  });
  return openSession(g.encode(), {}, options);
}

type Open = (build: (g: Graph, entry: CacheEntry, i: number) => Value, declare: (g: Graph) => void) => Promise<Session>;

/** An input for an entry's tensor. */
function blockInput(g: Graph, entry: CacheEntry, name: string, rows = 'rows', capacity = 'capacity'): Value {
  return g.input(name, 'float32', pastShape(entry, rows, capacity));
}

const placesAxis = ({ role }: CacheEntry) => (role === 'keys' ? 3 : 2);

/** New tokens are put at their places by a product with a matrix of ones and zeros: [B, 1, S, capacity], or turned. */
function openAppend(open: Open): Promise<Session> {
  let lengths: Value;
  const build = (g: Graph, entry: CacheEntry, i: number): Value => {
    const { role, heads, headSize } = entry;
    const past = blockInput(g, entry, pastName(i));
    const flat = g.input(freshName(i), 'float32', ['tokens', heads * headSize]);
    const rows = g.node('Shape', [lengths]);
    const shape = g.node('Concat', [rows, g.int64([-1, heads, headSize])], { axis: 0 });
    const isKeys = role === 'keys';
    const perHead = g.node('Transpose', [g.node('Reshape', [flat, shape])], {
      perm: isKeys ? [0, 2, 3, 1] : [0, 2, 1, 3],
    });
    const axis = placesAxis(entry);
    const places = indices(g, g.node('Shape', [past], { start: axis, end: axis + 1 }));
    const columns = indices(g, g.node('Shape', [perHead], { start: isKeys ? 3 : 2, end: isKeys ? 4 : 3 }));
    const target = g.node('Add', [g.node('Unsqueeze', [lengths, g.int64([1])]), columns]);
    const alongPlaces = g.node('Unsqueeze', [places, g.int64([isKeys ? 0 : 1])]);
    const at = g.node('Unsqueeze', [target, g.int64([1, isKeys ? 3 : 2])]);
    const ones = g.node('Cast', [g.node('Equal', [alongPlaces, at])], { to: elementTypes.float32 });
    const placed = isKeys ? g.node('MatMul', [perHead, ones]) : g.node('MatMul', [ones, perHead]);
    const isEarlier = g.node('Less', [alongPlaces, g.node('Unsqueeze', [lengths, g.int64([1, 2, 3])])]);
    return g.node('Where', [isEarlier, past, placed]);
  };
  return open(build, (g) => {
    lengths = g.input('lengths', 'int32', ['rows']);
  });
}

/** `x` with `missing` [1] more places, of zeros. */
function withPlaces(g: Graph, x: Value, entry: CacheEntry, missing: Value): Value {
  const before = g.int64(Array.from({ length: 4 + placesAxis(entry) }, () => 0));
  const after = g.int64(Array.from({ length: 3 - placesAxis(entry) }, () => 0));
  const pads = placesAxis(entry) === 3 ? [before, missing] : [before, missing, after];
  return g.node('Pad', [x, g.node('Concat', pads, { axis: 0 })]);
}

function openJoin(open: Open): Promise<Session> {
  let missing: Value[];
  const build = (g: Graph, entry: CacheEntry, i: number) => {
    const parts = ['a', 'b'].map((side, n) =>
      withPlaces(g, blockInput(g, entry, pastName(i, side), `${side}.rows`, `${side}.capacity`), entry, missing[n]),
    );
    return g.node('Concat', parts, { axis: 0 });
  };
  return open(build, (g) => {
    missing = ['a', 'b'].map((side) => g.input(`missing.${side}`, 'int64', [1]));
  });
}

function openPick(open: Open): Promise<Session> {
  let order: Value;
  let kept: Value;
  let missing: Value;
  const build = (g: Graph, entry: CacheEntry, i: number) => {
    const picked = g.node('Gather', [blockInput(g, entry, pastName(i), 'earlier.rows', 'earlier.capacity'), order], {
      axis: 0,
    });
    return withPlaces(g, g.node('Slice', [picked, g.int64([0]), kept, g.int64([placesAxis(entry)])]), entry, missing);
  };
  return open(build, (g) => {
    order = g.input('order', 'int32', ['rows']);
    kept = g.input('kept', 'int64', [1]);
    missing = g.input('missing', 'int64', [1]);
  });
}

const int32 = (values: Int32Array, shape: number[] = [values.length]) => new Tensor('int32', values, shape);
const int64 = (value: number) => new Tensor('int64', BigInt64Array.of(BigInt(value)), [1]);

/** Inputs of a graph that stand for a block's tensors. */
function blockFeeds({ tensors }: Block<Tensor>, side?: string): Tensors {
  return Object.fromEntries(tensors.map((tensor, i) => [pastName(i, side), tensor]));
}

export function onnxMemory(
  entries: readonly CacheEntry[],
  decoder: Session,
  graphs: MemoryGraphs,
  runner: Runner,
): DeviceMemory<Tensor> {
  const blockOf = (outputs: Tensors, rows: number, capacity: number): Block<Tensor> => {
    return { tensors: entries.map((_, i) => outputs[pastName(i, 'next')]), rows, capacity };
  };
  const free = ({ tensors }: Block<Tensor>) => {
    for (const tensor of tensors) tensor.dispose();
  };

  async function join(a: Block<Tensor>, b: Block<Tensor>): Promise<Block<Tensor>> {
    const capacity = Math.max(a.capacity, b.capacity);
    const missing = { 'missing.a': int64(capacity - a.capacity), 'missing.b': int64(capacity - b.capacity) };
    const outputs = await runner.run(graphs.join, { ...blockFeeds(a, 'a'), ...blockFeeds(b, 'b'), ...missing });
    return blockOf(outputs, a.rows + b.rows, capacity);
  }

  return {
    blank() {
      const tensors = entries.map((entry) => {
        const shape = pastShape(entry, 1, blankCapacity);
        return new Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b)), shape);
      });
      return { tensors, rows: 1, capacity: blankCapacity };
    },
    async gather(sources: readonly Source<Tensor>[], capacity: number) {
      const blocks = [...new Set(sources.map(({ block }) => block))];
      const starts = new Map<Block<Tensor>, number>();
      let whole = blocks[0];
      starts.set(whole, 0);
      for (const block of blocks.slice(1)) {
        starts.set(block, whole.rows);
        const joined = await join(whole, block);
        if (whole !== blocks[0]) free(whole);
        whole = joined;
      }
      const order = int32(Int32Array.from(sources, ({ block, row }) => starts.get(block)! + row));
      const kept = Math.min(whole.capacity, capacity);
      const feeds = { ...blockFeeds(whole), order, kept: int64(kept), missing: int64(capacity - kept) };
      const outputs = await runner.run(graphs.pick, feeds);
      if (whole !== blocks[0]) free(whole);
      return blockOf(outputs, sources.length, capacity);
    },
    async step(block: Block<Tensor>, { columns, ids, positions, lengths, lastRows }: DeviceStep) {
      const outputs = await runner.run(decoder, {
        ids: int32(ids, [block.rows, columns]),
        positions: int32(positions, [block.rows, columns]),
        lengths: int32(lengths),
        capacity: int32(Int32Array.of(block.capacity), []),
        lastRows: int32(lastRows),
        ...blockFeeds(block),
      });
      const { logits, ...fresh } = outputs;
      const appended = await runner.run(graphs.append, { ...blockFeeds(block), ...fresh, lengths: int32(lengths) });
      for (const tensor of Object.values(fresh)) tensor.dispose();
      return { logits: logits.data as Float32Array, block: blockOf(appended, block.rows, block.capacity) };
    },
    free,
  };
}
