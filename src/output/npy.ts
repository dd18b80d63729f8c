/**
 * A float32 array as NumPy's .npy, version 1.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
 * row-major, in pieces that follow each other.
 */
export function* npy(pieces: Iterable<Float32Array>, shape: readonly number[]): Generator<Uint8Array> {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.map((size) => `${size},`).join(' ')}), }`;
  // Magic, version and length take 10 bytes; what comes before the data is to be a multiple of 64.
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10;
  const header = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${dictionary.padEnd(length - 1)}\n`, 'latin1');
  header.writeUInt16LE(length, 8);
  yield header;
  for (const { buffer, byteOffset, byteLength } of pieces) yield new Uint8Array(buffer, byteOffset, byteLength);
}
