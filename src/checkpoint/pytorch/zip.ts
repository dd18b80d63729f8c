/** The zip files that PyTorch writes since version 1.6: a pickle, and one stored file for each storage. */
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { reason } from '../../errors.ts';
import { type OpenFile, readBytes, readInto } from '../files.ts';
import { quote } from '../safetensors/header.ts';
import { PickleError } from './pickle.ts';
import { readStateDict, type TensorView } from './state_dict.ts';

/** Largest pickle that is read, in bytes; that of a model of 50,000 tensors has some 15 million. */
export const maxPickleLength = 1 << 25;

/** Files that an archive may have; one for each tensor is usual. */
const mostEntries = 200_000;

/** Where a stored file lies in the archive. */
export interface Place {
  /** First byte in the file. */
  offset: number;
  /** Bytes. */
  length: number;
}

/** What a file of weights says of itself: its tensors, and where the storages that they are views of lie. */
export interface StoredWeights {
  tensors: Map<string, TensorView>;
  places: Map<string, Place>;
}

/** @throws PickleError, also over the archive. */
export async function readZip(file: OpenFile): Promise<StoredWeights> {
  const options = { autoClose: false, lazyEntries: true };
  const zip = await fromRandomAccessReaderPromise(new ArchiveReader(file), file.size, options).catch(refuse);
  try {
    const archive = new Archive(zip, await listEntries(zip));
    const pickle = await archive.place('data.pkl');
    if (pickle.length > maxPickleLength) throw new PickleError(`its pickle has ${pickle.length} bytes`);
    const order = archive.has('byteorder') ? await archive.place('byteorder') : undefined;
    if (order && (await readBytes(file, order.offset, Math.min(order.length, 9))).toString('latin1') !== 'little')
      throw new PickleError('it was written by a big-endian machine');
    const { tensors } = readStateDict(await readBytes(file, pickle.offset, pickle.length));
    const places = new Map<string, Place>();
    for (const { storage } of tensors.values())
      if (!places.has(storage.key)) places.set(storage.key, await archive.place(`data/${storage.key}`));
    return { tensors, places };
  } finally {
    zip.close();
  }
}

/** Reads the archive for the library, which would ask the system for bytes wherever a damaged archive says they are. */
class ArchiveReader extends RandomAccessReader {
  readonly #file: OpenFile;

  constructor(file: OpenFile) {
    super();
    this.#file = file;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    const isThere = position >= 0 && position + length <= this.#file.size;
    const target = buffer.subarray(offset, offset + length);
    const reading = isThere
      ? readInto(this.#file, position, target)
      : Promise.reject(new Error('it refers to bytes that are not there'));
    reading.then(
      () => setImmediate(callback, null),
      (error) => setImmediate(callback, error),
    );
  }

  /** Whoever opened the file closes it. */
  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}

/** The files of an archive, which lie in one folder of a name that tells nothing. */
class Archive {
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(zip: ZipFile, entries: Entry[]) {
    const pickle = entries.find(({ fileName }) => /^[^/]+\/data\.pkl$/.test(fileName));
    if (!pickle) throw new PickleError('it is a zip file, but none that PyTorch writes: it has no data.pkl');
    const folder = pickle.fileName.slice(0, -'data.pkl'.length);
    const inside = entries.filter(({ fileName }) => fileName.startsWith(folder));
    this.#entries = new Map(inside.map((entry) => [entry.fileName.slice(folder.length), entry]));
    this.#zip = zip;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  async place(name: string): Promise<Place> {
    const entry = this.#entries.get(name);
    if (!entry) throw new PickleError(`it lacks ${quote(name)}`);
    if (entry.compressionMethod !== 0 || entry.isEncrypted())
      throw new PickleError(`its ${quote(name)} is compressed or encrypted, where PyTorch stores it as it is`);
    const { fileDataStart: offset } = await this.#zip
      .readLocalFileHeaderPromise(entry, { minimal: true })
      .catch(refuse);
    const length = entry.uncompressedSize;
    if (!(offset + length <= this.#zip.fileSize)) throw new PickleError('it is truncated; download or copy it again');
    return { offset, length };
  }
}

async function listEntries(zip: ZipFile): Promise<Entry[]> {
  if (zip.entryCount > mostEntries) throw new PickleError(`its archive lists ${zip.entryCount} files`);
  const entries: Entry[] = [];
  try {
    for await (const entry of zip.eachEntry()) entries.push(entry);
  } catch (error) {
    refuse(error);
  }
  return entries;
}

function refuse(error: unknown): never {
  throw new PickleError(`its archive is damaged (${reason(error)}); download or copy it again`);
}
