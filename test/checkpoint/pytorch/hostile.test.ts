/** Pickles that do more than hold tensors, or that lie: each is refused, and nothing of it happens. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPytorch } from '../../../src/checkpoint/pytorch/index.ts';
import { type OpcodeName, opcodes } from '../../../src/checkpoint/pytorch/opcodes.ts';
import { readTensor } from '../../../src/checkpoint/tensors/read.ts';
import {
  call,
  dictionary,
  imported,
  integer,
  legacy,
  op,
  pickle,
  storage,
  tensor,
  text,
  tuple,
  zip,
  zipped,
} from './files.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pytorch-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(bytes: Buffer): string {
  const path = join(folder, 'pytorch_model.bin');
  writeFileSync(path, bytes);
  return path;
}

const weights = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
const honest = tensor(storage('0', 6), [2, 3], [3, 1]);

test.each([
  ['zip', zipped],
  ['legacy', legacy],
])('the files around them are as PyTorch writes them: %s', async (_, wrap) => {
  const tensors = await readPytorch(write(wrap(pickle(dictionary({ w: honest })), { 0: weights })));
  expect(tensors.get('w')).toMatchObject({ dtype: 'F32', shape: [2, 3] });
  expect([...(await readTensor(tensors.get('w')!))]).toEqual([1, 2, 3, 4, 5, 6]);
});

/** What a model never has in it, beside an honest tensor. */
const beside = (...parts: Buffer[]) => pickle(dictionary({ w: honest, x: Buffer.concat(parts) }));

const calls: [module: string, name: string][] = [
  ['os', 'system'],
  ['posix', 'system'],
  ['nt', 'system'],
  ['subprocess', 'Popen'],
  ['builtins', 'eval'],
  ['builtins', 'exec'],
  ['builtins', 'getattr'],
  ['builtins', '__import__'],
  ['__builtin__', 'eval'],
  ['runpy', '_run_code'],
  ['pty', 'spawn'],
  ['webbrowser', 'open'],
  ['socket', 'create_connection'],
  ['shutil', 'rmtree'],
  ['pickle', 'loads'],
  ['torch', 'load'],
  ['torch.hub', 'load'],
  ['torch.utils.cpp_extension', 'load'],
  ['torch._utils', '_rebuild_tensor_v2.__globals__'],
  ['torch.storage', '_load_from_bytes'],
  ['collections', 'Counter'],
  ['numpy.core.multiarray', '_reconstruct'],
  ['constructor', 'constructor'],
  ['__proto__', 'toString'],
];

/** Instructions that tensors do not need, each with operands that another machine would take. */
const instructions: [OpcodeName, ...(string | number)[]][] = [
  ['INT', '1\n'],
  ['LONG', '1L\n'],
  ['LONG4', 1, 0, 0, 0, 1],
  ['STRING', "'x'\n"],
  ['BINBYTES', 1, 0, 0, 0, 'x'],
  ['SHORT_BINBYTES', 1, 'x'],
  ['BINBYTES8', 1, 0, 0, 0, 0, 0, 0, 0, 'x'],
  ['BYTEARRAY8', 1, 0, 0, 0, 0, 0, 0, 0, 'x'],
  ['NEXT_BUFFER'],
  ['READONLY_BUFFER'],
  ['UNICODE', 'x\n'],
  ['FLOAT', '1\n'],
  ['LIST'],
  ['DICT'],
  ['EMPTY_SET'],
  ['ADDITEMS'],
  ['FROZENSET'],
  ['POP'],
  ['DUP'],
  ['POP_MARK'],
  ['GET', '0\n'],
  ['PUT', '0\n'],
  ['EXT1', 1],
  ['EXT2', 1, 0],
  ['EXT4', 1, 0, 0, 0],
  ['INST', 'os\nsystem\n'],
  ['OBJ'],
  ['NEWOBJ'],
  ['NEWOBJ_EX'],
  ['PERSID', 'x\n'],
];

describe.each([
  ['zip', zipped],
  ['legacy', legacy],
])('in a file of the format %s', (_, wrap) => {
  async function refusal(data: Buffer): Promise<string> {
    const error = await readPytorch(write(wrap(data, { 0: weights }))).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ kind: 'checkpoint' });
    expect(error.message).toMatch(/^Cannot read .*pytorch_model\.bin: [^\n]*\.$/);
    return error.message;
  }

  test.each(calls)('a call of %s.%s is refused by its name', async (module, name) => {
    const mark = join(folder, 'it-ran');
    const found = `it asks Python for ${module}.${name}, which tensors do not need`;
    expect(await refusal(beside(call(imported(module, name), text(`touch ${mark}`))))).toContain(found);
    const onStack = Buffer.concat([text(module), text(name), op('STACK_GLOBAL')]);
    expect(await refusal(beside(call(onStack, text(`touch ${mark}`))))).toContain(found);
    expect(existsSync(mark)).toBe(false);
  });

  test.each(instructions)('the instruction %s is refused by its name', async (name, ...operands) => {
    const found = `it holds the pickle instruction ${name}, which tensors do not need`;
    expect(await refusal(beside(op('MARK'), op('NONE'), op(name, ...operands)))).toContain(found);
  });

  const lists = (depth: number) => Buffer.concat(Array.from({ length: depth }, () => op('MARK')));
  test.each<[string, Buffer, string]>([
    ['a byte that is no instruction', beside(Buffer.of(0xff)), 'its pickle is damaged'],
    ['a call of a text', beside(call(text('print'), text('x'))), 'calls what is no function'],
    ['a call of a storage', beside(call(imported('torch', 'FloatStorage'))), 'calls what is no function'],
    ['a call of a type', beside(call(imported('torch', 'float32'))), 'calls what is no function'],
    [
      'a call without arguments',
      beside(imported('collections', 'OrderedDict'), op('NONE'), op('REDUCE')),
      'no function',
    ],
    ['a state for a tensor', pickle(honest, op('EMPTY_DICT'), op('BUILD')), 'gives a state to what has none'],
    ['a state for a plain dictionary', beside(op('EMPTY_DICT'), op('NONE'), op('BUILD')), 'gives a state'],
    ['an import without a name', beside(op('NONE'), text('x'), op('STACK_GLOBAL')), 'imports what has no name'],
    ['a persistent id of a module', beside(tuple(text('module'), text('x')), op('BINPERSID')), 'no storage'],
    ['a persistent id that is a text', beside(text('storage'), op('BINPERSID')), 'no storage'],
    [
      'a storage of a class that is none',
      pickle(tuple(text('storage'), text('x'), text('0'), text('cpu'), integer(1)), op('BINPERSID')),
      'no storage',
    ],
    ['an empty stack', pickle(), 'takes a value that is not there'],
    ['values left behind', pickle(dictionary({ w: honest }), op('NONE')), ''],
    ['a mark that is not there', pickle(op('TUPLE')), 'takes a mark that is not there'],
    ['marks alone', pickle(lists(1000)), 'takes a value that is not there'],
    ['a memory that is not there', beside(op('LONG_BINGET', 255, 255, 255, 255)), 'recalls a value that is not there'],
    ['a text of 2^63 bytes', beside(op('BINUNICODE8', 0, 0, 0, 0, 0, 0, 0, 128)), 'its pickle ends early'],
    ['a text of 4 GB', beside(op('BINUNICODE', 255, 255, 255, 255)), 'its pickle ends early'],
    ['a text that is not UTF-8', beside(op('SHORT_BINUNICODE', 1, 255)), 'a text that is not UTF-8'],
    ['two million values', pickle(Buffer.alloc(2_000_000, opcodes.EMPTY_DICT)), 'makes more than 1000000 values'],
    ['an item for a tuple', beside(op('EMPTY_TUPLE'), op('NONE'), op('APPEND')), 'appends to what is no list'],
    ['an item for a text', beside(text('x'), op('NONE'), op('NONE'), op('SETITEM')), 'no dictionary'],
    ['a key without a value', beside(op('EMPTY_DICT'), op('MARK'), op('NONE'), op('SETITEMS')), 'key without a value'],
    ['a dictionary of no pairs', beside(call(imported('collections', 'OrderedDict'), tuple(text('xy')))), 'no pairs'],
    ['a list', pickle(op('EMPTY_LIST')), 'holds no dictionary of tensors'],
    [
      'a dictionary of dictionaries',
      pickle(dictionary({ model: dictionary({ w: honest }) })),
      'by their names, but "model"',
    ],
    ['no tensors', pickle(op('EMPTY_DICT')), "it holds no tensors by their names; save the model's state_dict()"],
    ['a tensor of a text', beside(tensor(text('x'), [1], [1])), 'makes a tensor of what is no storage'],
    ['a tensor beyond its storage', beside(tensor(storage('0', 6), [2, 3], [4, 1])), 'ends 4 bytes behind its storage'],
    ['a tensor that begins beyond it', beside(tensor(storage('0', 6), [1], [1], 6)), 'ends 4 bytes behind its storage'],
    [
      'sizes that multiply to 2^100',
      beside(tensor(storage('0', 6), [2n ** 50n, 2n ** 50n], [1, 1])),
      'behind its storage',
    ],
    ['a size of 2^60', beside(tensor(storage('0', 6), [2n ** 60n], [1])), 'which no tensor has'],
    [
      'a negative size',
      beside(tensor(storage('0', 6), [-1], [1])),
      'of shape [-1] and strides [1], which no tensor has',
    ],
    ['a negative stride', beside(tensor(storage('0', 6), [6], [-1])), 'strides [-1]'],
    ['a negative offset', beside(tensor(storage('0', 6), [1], [1], -1)), 'no tensor has'],
    ['more sizes than strides', beside(tensor(storage('0', 6), [1, 1], [1])), 'no tensor has'],
    ['a storage that is not there', beside(tensor(storage('1', 6), [6], [1])), ''],
    ['a storage elsewhere', beside(tensor(storage('../../secret', 6), [6], [1])), ''],
    [
      'a storage longer than the file has',
      beside(tensor(storage('0', 7), [7], [1])),
      'has 24 bytes where its pickle says more',
    ],
  ])('%s is refused', async (_, data, message) => {
    expect(await refusal(data)).toContain(message);
  });
});

/** By the longer offsets of large archives, which stand before the end. */
function farDirectory(): Buffer {
  const bytes = zipped(pickle(op('NONE')));
  const [files, end] = [bytes.subarray(0, -22), Buffer.from(bytes.subarray(-22))];
  end.writeUInt32LE(0xffffffff, 16);
  const locator = Buffer.alloc(16);
  locator.writeBigUInt64LE(2n ** 63n - 1n, 4);
  locator.writeUInt32LE(1, 12);
  return Buffer.concat([files, Buffer.from('PK\x06\x07'), locator, end]);
}

test.each<[string, () => Buffer, string]>([
  ['nothing', () => Buffer.alloc(0), 'nor a pickle'],
  ['text', () => Buffer.from('<!DOCTYPE html>'), 'nor a pickle'],
  ['another pickle', () => pickle(dictionary({ w: integer(1) })), 'none that PyTorch writes'],
  ['another zip file', () => zip({ 'word/document.xml': weights }), 'it has no data.pkl'],
  ['a zip file of nothing', () => Buffer.from('PK'), 'its archive is damaged'],
  ['half a zip file', () => zipped(beside(op('NONE')), { 0: weights }).subarray(0, 300), 'its archive is damaged'],
  ['a zip file with its directory at byte 2^63', farDirectory, 'refers to bytes that are not there'],
  ['a compressed pickle', () => zip({ 'a/data.pkl': pickle(op('NONE')) }, 8), '"data.pkl" is compressed or encrypted'],
  [
    'the other byte order',
    () => zip({ 'a/data.pkl': pickle(op('NONE')), 'a/byteorder': Buffer.from('big') }),
    'big-endian',
  ],
  ['half a legacy file', () => legacy(beside(op('NONE')), { 0: weights }).subarray(0, 150), 'its pickle ends early'],
  [
    'a legacy file without its end',
    () => legacy(pickle(dictionary({ w: honest })), { 0: weights }).subarray(0, -1),
    'it is truncated',
  ],
])('a file that is %s is refused', async (_, make, message) => {
  const reading = readPytorch(write(make()));
  await expect(reading).rejects.toMatchObject({ kind: 'checkpoint' });
  await expect(reading).rejects.toThrow(message);
});
