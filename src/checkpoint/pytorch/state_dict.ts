/** What the pickle of a `state_dict` says: which tensors there are, and where in which storages they lie. */
import { dtypeBits, quote } from '../safetensors/header.ts';
import { PickleError, PickleGlobal, unpickle } from './pickle.ts';

/** A stretch of memory that tensors are views of: a part of what the file has under a key. */
export class Storage {
  readonly key: string;
  /** Of its elements, as safetensors calls it; bytes without a type where there is none. */
  readonly dtype: string | undefined;
  /** First byte. */
  readonly begin: number;
  /** Bytes. */
  readonly length: number;

  constructor(key: string, dtype: string | undefined, begin: number, length: number) {
    this.key = key;
    this.dtype = dtype;
    this.begin = begin;
    this.length = length;
  }
}

/** A view of a storage. */
export class TensorView {
  readonly storage: Storage;
  readonly dtype: string;
  readonly shape: number[];
  /** In elements, one a dimension. */
  readonly strides: number[];
  /** In elements, from where the storage begins. */
  readonly offset: number;

  constructor(storage: Storage, dtype: string, offset: number, shape: number[], strides: number[]) {
    this.storage = storage;
    this.dtype = dtype;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** PyTorch's types by their names there. */
const dtypes: Record<string, string> = {
  ...{ float32: 'F32', float16: 'F16', bfloat16: 'BF16', float64: 'F64', complex64: 'C64', bool: 'BOOL' },
  ...{ uint8: 'U8', int8: 'I8', int16: 'I16', int32: 'I32', int64: 'I64', uint16: 'U16', uint32: 'U32', uint64: 'U64' },
  ...{ float8_e5m2: 'F8_E5M2', float8_e4m3fn: 'F8_E4M3', float8_e8m0fnu: 'F8_E8M0' },
  ...{ float8_e4m3fnuz: 'F8_E4M3FNUZ', float8_e5m2fnuz: 'F8_E5M2FNUZ' },
};

/** Types of storages by the classes that pickles name. */
const storages: Record<string, string> = {
  ...{ FloatStorage: 'F32', HalfStorage: 'F16', BFloat16Storage: 'BF16', DoubleStorage: 'F64', BoolStorage: 'BOOL' },
  ...{ ByteStorage: 'U8', CharStorage: 'I8', ShortStorage: 'I16', IntStorage: 'I32', LongStorage: 'I64' },
  ComplexFloatStorage: 'C64',
};

class Dtype extends PickleGlobal {
  readonly dtype: string;

  constructor(dtype: string) {
    super();
    this.dtype = dtype;
  }
}

/** A class of storages; without a type its lengths count bytes. */
class StorageClass extends PickleGlobal {
  readonly dtype?: string;

  constructor(dtype?: string) {
    super();
    this.dtype = dtype;
  }
}

class Dictionary extends Map<unknown, unknown> {}

const globals = new Map<string, PickleGlobal>([
  ['collections.OrderedDict', new PickleGlobal(orderedDict)],
  ['torch._utils._rebuild_tensor_v2', new PickleGlobal(rebuildTensor)],
  ['torch._utils._rebuild_tensor_v3', new PickleGlobal(rebuildTensor)],
  ['torch._utils._rebuild_parameter', new PickleGlobal(([tensor]) => tensor)],
  ['torch.storage.UntypedStorage', new StorageClass()],
  ...Object.entries(storages).map(([name, dtype]) => [`torch.${name}`, new StorageClass(dtype)] as const),
  ...Object.entries(dtypes).map(([name, dtype]) => [`torch.${name}`, new Dtype(dtype)] as const),
]);

/** What a pickled state_dict holds. */
export interface StateDict {
  tensors: Map<string, TensorView>;
  /** Every storage that the pickle names, by its key. */
  storages: Map<string, Storage>;
  /** The byte after the pickle. */
  end: number;
}

/**
 * The tensors of a pickled state_dict, by name. Its other values are passed over: a model may keep what it likes there.
 * @throws PickleError
 */
export function readStateDict(bytes: Buffer, start = 0): StateDict {
  const storages = new Map<string, Storage>();
  const persistent = (id: unknown) => {
    const found = storage(id);
    storages.set(found.key, found);
    return found;
  };
  // `_metadata`, the versions of the modules, of which the weights know nothing.
  const mayBuild = (object: unknown) => object instanceof Dictionary;
  const { value, end } = unpickle(bytes, start, { globals, persistent, mayBuild });
  if (!(value instanceof Map)) throw new PickleError('it holds no dictionary of tensors');
  const tensors = new Map<string, TensorView>();
  for (const [name, tensor] of value)
    if (typeof name === 'string' && tensor instanceof TensorView) tensors.set(name, tensor);
  if (tensors.size === 0) {
    const keys = [...value.keys()].slice(0, 3).map(show).join(', ');
    throw new PickleError(
      `it holds no tensors by their names${keys && `, but ${keys}`}; save the model's state_dict()`,
    );
  }
  return { tensors, storages, end };
}

function orderedDict([items = []]: readonly unknown[]): Dictionary {
  if (!Array.isArray(items) || items.some((item) => !Array.isArray(item) || item.length !== 2))
    throw new PickleError('its pickle makes a dictionary of what are no pairs');
  return new Dictionary(items);
}

/** `('storage', class, key, location, elements)`; old files say after it which part of it is meant. */
function storage(id: unknown): Storage {
  const [kind, type, key, , elements, view = null] = Array.isArray(id) ? id : [];
  if (kind !== 'storage' || !(type instanceof StorageClass) || typeof key !== 'string' || !isCount(elements))
    throw new PickleError('its pickle refers to what is no storage');
  const size = bytesOf(type.dtype ?? 'U8');
  if (view === null) return new Storage(key, type.dtype, 0, elements * size);
  const [, begin, length] = Array.isArray(view) ? view : [];
  if (!isCount(begin) || !isCount(length) || begin + length > elements)
    throw new PickleError('its pickle refers to a part of a storage that is not there');
  return new Storage(key, type.dtype, begin * size, length * size);
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`, and v3, which has the type after these. */
function rebuildTensor([storage, offset, shape, strides, , , type]: readonly unknown[]): TensorView {
  const dtype = type instanceof Dtype ? type.dtype : storage instanceof Storage ? storage.dtype : undefined;
  if (!(storage instanceof Storage) || !dtype) throw new PickleError('its pickle makes a tensor of what is no storage');
  if (!isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length)
    throw new PickleError(
      `it holds a tensor of shape ${show(shape)} and strides ${show(strides)}, which no tensor has`,
    );
  const last = shape.reduce((index, size, axis) => index + (size - 1) * strides[axis], offset);
  const end = shape.includes(0) ? 0 : (last + 1) * bytesOf(dtype);
  if (end > storage.length)
    throw new PickleError(
      `it holds a tensor of shape [${shape}] that ends ${end - storage.length} bytes behind its storage`,
    );
  return new TensorView(storage, dtype, offset, [...shape], [...strides]);
}

export function bytesOf(dtype: string): number {
  return dtypeBits[dtype] / 8;
}

/** A value of a pickle, as part of a message; what it may hold has no end, so that one level of it is shown. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.slice(0, 8).map((item) => (Array.isArray(item) ? '…' : show(item)))}]`;
  return typeof value === 'string' ? quote(value) : value instanceof Object ? 'an object' : String(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}
