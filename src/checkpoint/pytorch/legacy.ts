/** The files that PyTorch wrote before version 1.6: five pickles, then the bytes of each storage behind their number. */
import { type OpenFile, readBytes } from '../files.ts';
import { quote } from '../safetensors/header.ts';
import { opcodes } from './opcodes.ts';
import { PickleEndError, PickleError, unpickle } from './pickle.ts';
import { bytesOf, readStateDict, type StateDict, show } from './state_dict.ts';
import { maxPickleLength, type Place, type StoredWeights } from './zip.ts';

/** The first pickle: `MAGIC_NUMBER` of torch/serialization.py. */
const magicNumber = 0x1950a86a20f9469cfc6cn;
/** The second: `PROTOCOL_VERSION`. */
const protocolVersion = 1001;

/** Pickles of numbers and texts. */
const plain = { globals: new Map(), persistent: noPersistent, mayBuild: () => false };

/** @throws PickleError */
export async function readLegacy(file: OpenFile): Promise<StoredWeights> {
  const pickles = await readPickles(file);
  return { tensors: pickles.tensors, places: await findStorages(file, pickles) };
}

/** What the pickles say; `end` is the byte after them. */
interface Pickles extends StateDict {
  /** Of the storages, in the order in which their bytes follow. */
  keys: string[];
  end: number;
}

/** How long the pickles are is seen by reading them: more and more of the file until they end. */
async function readPickles(file: OpenFile): Promise<Pickles> {
  for (let length = 1 << 18; ; length *= 4) {
    const bytes = await readBytes(file, 0, Math.min(length, maxPickleLength, file.size));
    try {
      return parsePickles(bytes);
    } catch (error) {
      if (!(error instanceof PickleEndError) || bytes.length === file.size || bytes.length === maxPickleLength)
        throw error;
    }
  }
}

function parsePickles(bytes: Buffer): Pickles {
  if (bytes[0] !== opcodes.PROTO)
    throw new PickleError('it is neither a zip file nor a pickle, as PyTorch writes them');
  const magic = unpickle(bytes, 0, plain);
  if (magic.value !== magicNumber) throw new PickleError('it is a pickle, but none that PyTorch writes');
  const protocol = unpickle(bytes, magic.end, plain);
  if (protocol.value !== protocolVersion) throw new PickleError(`its version is ${show(protocol.value)}`);
  const system = unpickle(bytes, protocol.end, plain);
  if (system.value instanceof Map && system.value.get('little_endian') === false)
    throw new PickleError('it was written by a big-endian machine');
  const state = readStateDict(bytes, system.end);
  const keys = unpickle(bytes, state.end, plain);
  if (!Array.isArray(keys.value) || keys.value.some((key) => typeof key !== 'string'))
    throw new PickleError('it does not list its storages');
  return { ...state, keys: keys.value, end: keys.end };
}

function noPersistent(): never {
  throw new PickleError('its pickle refers to what is no storage');
}

async function findStorages(file: OpenFile, { keys, storages, end }: Pickles): Promise<Map<string, Place>> {
  const places = new Map<string, Place>();
  let position = end;
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage) throw new PickleError(`it has a storage ${quote(key)} of which its pickle says nothing`);
    const size = bytesOf(storage.dtype ?? 'U8');
    if (position + 8 > file.size) throw new PickleError('it is truncated; download or copy it again');
    const length = Number((await readBytes(file, position, 8)).readBigUInt64LE()) * size;
    const offset = position + 8;
    if (!(offset + length <= file.size)) throw new PickleError('it is truncated; download or copy it again');
    places.set(key, { offset, length });
    position = offset + length;
  }
  return places;
}
