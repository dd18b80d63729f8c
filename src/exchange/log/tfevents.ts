/** TensorBoard's event files: TFRecords of `Event` messages (tensorboard/compat/proto/event.proto, summary.proto). */
import protobuf from 'protobufjs/minimal.js';

type Writer = protobuf.Writer;

export interface EventContent {
  /** Seconds since 1970. */
  date: number;
  step: number;
  /** float32 in the file. */
  scalars: Record<string, number>;
  /** Markdown by tag. */
  texts: Record<string, string>;
}

/** A whole file. */
export function eventFile(events: readonly EventContent[]): Uint8Array {
  const first = protobuf.Writer.create();
  first.uint32(tag(1, 1)).double(events[0]?.date ?? 0);
  first.uint32(tag(3, 2)).string('brain.Event:2');
  return Buffer.concat([first.finish(), ...events.map(encodeEvent)].map(record));
}

/** A field's number and its wire type: 0 for numbers, 1 for doubles, 2 for what has a length, 5 for floats. */
function tag(field: number, type: number): number {
  return (field << 3) | type;
}

function encodeEvent({ date, step, scalars, texts }: EventContent): Uint8Array {
  const w = protobuf.Writer.create();
  w.uint32(tag(1, 1)).double(date);
  w.uint32(tag(2, 0)).int64(step);
  w.uint32(tag(5, 2)).fork();
  for (const [name, value] of Object.entries(scalars))
    encodeValue(w, name, 'scalars', () => w.uint32(tag(2, 5)).float(value));
  for (const [name, text] of Object.entries(texts)) encodeValue(w, name, 'text', () => encodeText(w, text));
  return w.ldelim().finish();
}

/** `Summary.Value` with the plugin that shows it. */
function encodeValue(w: Writer, name: string, plugin: string, content: () => void): void {
  w.uint32(tag(1, 2)).fork().uint32(tag(1, 2)).string(name);
  content();
  w.uint32(tag(9, 2)).fork().uint32(tag(1, 2)).fork().uint32(tag(1, 2)).string(plugin).ldelim().ldelim();
  w.ldelim();
}

/** A `TensorProto` of one string. */
function encodeText(w: Writer, text: string): void {
  const stringType = 7;
  w.uint32(tag(8, 2)).fork().uint32(tag(1, 0)).int32(stringType).uint32(tag(2, 2)).fork().ldelim();
  w.uint32(tag(8, 2)).string(text).ldelim();
}

/** Length, its checksum, data, their checksum: little-endian. */
function record(data: Uint8Array): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(data.length));
  head.writeUInt32LE(maskedCrc(head.subarray(0, 8)), 8);
  const end = Buffer.alloc(4);
  end.writeUInt32LE(maskedCrc(data));
  return Buffer.concat([head, data, end]);
}

/** TFRecord's mask, so that a checksum of what holds checksums is none of them. */
function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** Castagnoli's (RFC 3720); node:zlib has the other one. */
function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = crcTable[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
