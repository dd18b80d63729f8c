/** Files as PyTorch lays them out, around pickles that it would never write. */
import { crc32 } from 'node:zlib';
import { type OpcodeName, opcodes } from '../../../src/checkpoint/pytorch/opcodes.ts';

/** An instruction and what follows it. */
export function op(name: OpcodeName, ...operands: (Buffer | string | number)[]): Buffer {
  const bytes = operands.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part as string)));
  return Buffer.concat([Buffer.of(opcodes[name]), ...bytes]);
}

export function text(value: string): Buffer {
  return op('BINUNICODE', uint32(Buffer.byteLength(value)), value);
}

export function integer(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return op('LONG1', 8, bytes);
}

export function imported(module: string, name: string): Buffer {
  return op('GLOBAL', `${module}\n${name}\n`);
}

export function tuple(...items: Buffer[]): Buffer {
  return Buffer.concat([op('MARK'), ...items, op('TUPLE')]);
}

export function call(callable: Buffer, ...args: Buffer[]): Buffer {
  return Buffer.concat([callable, tuple(...args), op('REDUCE')]);
}

export function pickle(...parts: Buffer[]): Buffer {
  return Buffer.concat([op('PROTO', 2), ...parts, op('STOP')]);
}

export function dictionary(items: Record<string, Buffer>): Buffer {
  const pairs = Object.entries(items).flatMap(([key, value]) => [text(key), value]);
  return Buffer.concat([op('EMPTY_DICT'), op('MARK'), ...pairs, op('SETITEMS')]);
}

/** A storage of `elements` float32 numbers. */
export function storage(key: string, elements: number | bigint, view: Buffer[] = []): Buffer {
  const id = [text('storage'), imported('torch', 'FloatStorage'), text(key), text('cpu'), integer(elements), ...view];
  return Buffer.concat([tuple(...id), op('BINPERSID')]);
}

/** A tensor of a storage. */
export function tensor(from: Buffer, shape: (number | bigint)[], strides: (number | bigint)[], offset = 0): Buffer {
  const sizes = [shape, strides].map((list) => tuple(...list.map(integer)));
  const hooks = call(imported('collections', 'OrderedDict'));
  return call(imported('torch._utils', '_rebuild_tensor_v2'), from, integer(offset), ...sizes, op('NEWFALSE'), hooks);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A zip file in which files are stored as they are. @param method Of compression, as it is written down. */
export function zip(files: Record<string, Buffer>, method = 0): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(content.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), content]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), fields, place, Buffer.from(name));
    parts.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length, 4);
  end.writeUInt16LE(Object.keys(files).length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listed, Buffer.from('PK\x05\x06'), end]);
}

/** As `torch.save` has written since version 1.6. */
export function zipped(data: Buffer, storages: Record<string, Buffer> = {}): Buffer {
  const contents = Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes]);
  return zip({ 'archive/data.pkl': data, 'archive/byteorder': Buffer.from('little'), ...Object.fromEntries(contents) });
}

/** As it wrote before. @param storages Of four bytes an element. */
export function legacy(data: Buffer, storages: Record<string, Buffer> = {}): Buffer {
  const magic = pickle(op('LONG1', 10, Buffer.from('6cfc9c46f9206aa85019', 'hex')));
  const system = pickle(dictionary({ protocol_version: integer(1001), little_endian: op('NEWTRUE') }));
  const keys = Object.keys(storages).map(text);
  const list = pickle(op('EMPTY_LIST'), op('MARK'), ...keys, op('APPENDS'));
  const contents = Object.values(storages).flatMap((bytes) => {
    const count = Buffer.alloc(8);
    count.writeBigInt64LE(BigInt(bytes.length / 4));
    return [count, bytes];
  });
  return Buffer.concat([magic, pickle(integer(1001)), system, data, list, ...contents]);
}
