/**
 * Python's pickles as data. A pickle is a program that can call whatever Python can import; this machine has only the
 * instructions that lists, tuples, dictionaries and tensors need, and calls only what it is given. The opcodes are those
 * of Python's `pickletools`; torch/_weights_only_unpickler.py is the reference for which of them tensors take.
 */
import { type OpcodeName, opcodeNames, opcodes } from './opcodes.ts';

/** A pickle that is damaged, or that asks for more than data. The message is the end of a sentence about the file. */
export class PickleError extends Error {}

/** The pickle goes on behind the bytes that are there. */
export class PickleEndError extends PickleError {}

/** Something that a pickle imports. */
export class PickleGlobal {
  readonly call?: (args: readonly unknown[]) => unknown;

  /** @param call What it does, where a pickle may call it. */
  constructor(call?: (args: readonly unknown[]) => unknown) {
    this.call = call;
  }
}

export interface PickleWorld {
  /** What the pickle may import, by `module.name`. */
  globals: ReadonlyMap<string, PickleGlobal>;
  /** What a persistent id stands for. */
  persistent(id: unknown): unknown;
  /** Whether an object may be given a state. What the state says is passed over. */
  mayBuild(object: unknown): boolean;
}

/** Values that a pickle may make: some twenty a tensor, and no file has 50,000 of these. */
const mostValues = 1_000_000;

const mark = Symbol('mark');
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Runs the pickle that begins at `start`; `end` is the byte after it. Lists are arrays,
 * tuples frozen arrays, and dictionaries maps.
 */
export function unpickle(bytes: Buffer, start: number, world: PickleWorld): { value: unknown; end: number } {
  const machine = new Machine(bytes, start, world);
  while (!machine.step());
  return { value: machine.result(), end: machine.position };
}

class Machine {
  position: number;
  readonly #bytes: Buffer;
  readonly #world: PickleWorld;
  readonly #stack: unknown[] = [];
  /** By their index; a hostile index must not make an array as long. */
  readonly #memo = new Map<number, unknown>();
  #made = 0;

  constructor(bytes: Buffer, start: number, world: PickleWorld) {
    this.#bytes = bytes;
    this.position = start;
    this.#world = world;
  }

  /** One instruction; whether it was the last. */
  step(): boolean {
    const opcode = this.#take(1)[0];
    if (opcode === opcodes.STOP) return true;
    const name = opcodeNames.get(opcode);
    if (!name) throw new PickleError('its pickle is damaged');
    const instruction = instructions[name];
    if (!instruction) throw new PickleError(`it holds the pickle instruction ${name}, which tensors do not need`);
    instruction(this);
    return false;
  }

  result(): unknown {
    const value = this.pop();
    if (this.#stack.length > 0) throw new PickleError('its pickle leaves values behind');
    return value;
  }

  push(value: unknown): void {
    if (++this.#made > mostValues) throw new PickleError(`its pickle makes more than ${mostValues} values`);
    this.#stack.push(value);
  }

  pop(): unknown {
    const value = this.#stack.pop();
    if (value === undefined || value === mark) throw new PickleError('its pickle takes a value that is not there');
    return value;
  }

  /** The last values, the first of them first. */
  popMany(count: number): unknown[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  top(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }

  popToMark(): unknown[] {
    const start = this.#stack.lastIndexOf(mark);
    if (start < 0) throw new PickleError('its pickle takes a mark that is not there');
    return this.#stack.splice(start).slice(1);
  }

  remember(index: number): void {
    this.#memo.set(index, this.top());
  }

  rememberNext(): void {
    this.remember(this.#memo.size);
  }

  recall(index: number): void {
    if (!this.#memo.has(index)) throw new PickleError('its pickle recalls a value that is not there');
    this.push(this.#memo.get(index));
  }

  importGlobal(path: unknown[]): void {
    if (path.some((part) => typeof part !== 'string')) throw new PickleError('its pickle imports what has no name');
    const whole = path.join('.');
    const known = this.#world.globals.get(whole);
    if (!known) throw new PickleError(`it asks Python for ${printable(whole)}, which tensors do not need`);
    this.push(known);
  }

  call([callable, args]: unknown[]): void {
    if (!(callable instanceof PickleGlobal && callable.call && Array.isArray(args)))
      throw new PickleError('its pickle calls what is no function');
    this.push(callable.call(args));
  }

  persistent(id: unknown): unknown {
    return this.#world.persistent(id);
  }

  build(): void {
    this.pop();
    if (!this.#world.mayBuild(this.top())) throw new PickleError('its pickle gives a state to what has none');
  }

  append(values: unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list) || Object.isFrozen(list)) throw new PickleError('its pickle appends to what is no list');
    for (const value of values) list.push(value);
  }

  /** @param items Keys and values in turn. */
  setItems(items: unknown[]): void {
    const dict = this.top();
    if (!(dict instanceof Map)) throw new PickleError('its pickle sets an item of what is no dictionary');
    if (items.length % 2 !== 0) throw new PickleError('its pickle sets a key without a value');
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  }

  unsigned(size: number): number {
    return this.#take(size).readUIntLE(0, size);
  }

  signed(size: number): number {
    return this.#take(size).readIntLE(0, size);
  }

  double(): number {
    return this.#take(8).readDoubleBE();
  }

  /** Two's complement, the lowest byte first; a number where it is a safe one. */
  integer(size: number): number | bigint {
    if (size === 0) return 0;
    const digits = Buffer.from(this.#take(size)).reverse().toString('hex');
    const value = BigInt.asIntN(8 * size, BigInt(`0x${digits}`));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  /** Not exact beyond 2^53, but no file is that long. */
  long(): number {
    return Number(this.#take(8).readBigUInt64LE());
  }

  text(length: number): string {
    try {
      return utf8.decode(this.#take(length));
    } catch (error) {
      if (error instanceof PickleError) throw error;
      throw new PickleError('its pickle holds a text that is not UTF-8');
    }
  }

  line(): string {
    const end = this.#bytes.indexOf(10, this.position);
    if (end < 0) throw new PickleEndError('its pickle ends early');
    const text = this.text(end - this.position);
    this.position++;
    return text;
  }

  #take(length: number): Buffer {
    const end = this.position + length;
    if (!(end <= this.#bytes.length)) throw new PickleEndError('its pickle ends early');
    const taken = this.#bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }
}

/** What the machine can do; everything else is refused. */
const instructions: Partial<Record<OpcodeName, (machine: Machine) => void>> = {
  // How the rest is written, which is seen anyway.
  PROTO: (m) => void m.unsigned(1),
  FRAME: (m) => void m.long(),
  MARK: (m) => m.push(mark),
  NONE: (m) => m.push(null),
  NEWTRUE: (m) => m.push(true),
  NEWFALSE: (m) => m.push(false),
  BININT: (m) => m.push(m.signed(4)),
  BININT1: (m) => m.push(m.unsigned(1)),
  BININT2: (m) => m.push(m.unsigned(2)),
  LONG1: (m) => m.push(m.integer(m.unsigned(1))),
  BINFLOAT: (m) => m.push(m.double()),
  BINUNICODE: (m) => m.push(m.text(m.unsigned(4))),
  SHORT_BINUNICODE: (m) => m.push(m.text(m.unsigned(1))),
  BINUNICODE8: (m) => m.push(m.text(m.long())),
  // As Python 2 wrote its texts.
  BINSTRING: (m) => m.push(m.text(m.unsigned(4))),
  SHORT_BINSTRING: (m) => m.push(m.text(m.unsigned(1))),
  EMPTY_LIST: (m) => m.push([]),
  APPEND: (m) => m.append([m.pop()]),
  APPENDS: (m) => m.append(m.popToMark()),
  EMPTY_TUPLE: (m) => m.push(Object.freeze([])),
  TUPLE1: (m) => m.push(Object.freeze(m.popMany(1))),
  TUPLE2: (m) => m.push(Object.freeze(m.popMany(2))),
  TUPLE3: (m) => m.push(Object.freeze(m.popMany(3))),
  TUPLE: (m) => m.push(Object.freeze(m.popToMark())),
  EMPTY_DICT: (m) => m.push(new Map()),
  SETITEM: (m) => m.setItems(m.popMany(2)),
  SETITEMS: (m) => m.setItems(m.popToMark()),
  BINPUT: (m) => m.remember(m.unsigned(1)),
  LONG_BINPUT: (m) => m.remember(m.unsigned(4)),
  MEMOIZE: (m) => m.rememberNext(),
  BINGET: (m) => m.recall(m.unsigned(1)),
  LONG_BINGET: (m) => m.recall(m.unsigned(4)),
  GLOBAL: (m) => m.importGlobal([m.line(), m.line()]),
  STACK_GLOBAL: (m) => m.importGlobal(m.popMany(2)),
  REDUCE: (m) => m.call(m.popMany(2)),
  BUILD: (m) => m.build(),
  BINPERSID: (m) => m.push(m.persistent(m.pop())),
};

function printable(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/g, '?');
  return plain.length > 80 ? `${plain.slice(0, 80)}…` : plain;
}
