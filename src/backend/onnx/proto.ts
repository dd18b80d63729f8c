/** Encodes ONNX models: the few messages of onnx.proto3 that a graph of ours needs, by their field numbers there. */
import protobuf from 'protobufjs/minimal.js';

/** TensorProto.DataType */
export const elementTypes = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;
export type ElementType = keyof typeof elementTypes;

/** Bytes of a tensor that stand in a file beside the model. */
export interface ExternalData {
  /** Relative to the folder that the session is told. */
  location: string;
  offset: number;
  length: number;
}

export interface Initializer {
  name: string;
  type: ElementType;
  shape: readonly number[];
  data: Uint8Array | ExternalData;
}

/** Integers are INT and INTS, `{ float }` is FLOAT, text is STRING. */
export type Attribute = number | readonly number[] | { float: number } | string;

export interface Node {
  operator: string;
  /** `''` stands for an input that is left out. */
  inputs: string[];
  outputs: string[];
  attributes: Record<string, Attribute>;
}

export interface ValueInfo {
  name: string;
  type: ElementType;
  /** A text is the name of a size that varies. */
  shape: readonly (number | string)[];
}

export interface Model {
  opset: number;
  nodes: Node[];
  initializers: Initializer[];
  inputs: ValueInfo[];
  outputs: ValueInfo[];
}

type Writer = protobuf.Writer;
const varint = 0;
const bytes = 2;
const fixed32 = 5;

const irVersion = 11;

export function encodeModel(model: Model): Uint8Array {
  const w = protobuf.Writer.create();
  integer(w, 1, irVersion);
  text(w, 2, 'hon-eval');
  message(w, 7, () => encodeGraph(w, model));
  // Without a domain: the standard operators'.
  message(w, 8, () => integer(w, 2, model.opset));
  return w.finish();
}

function encodeGraph(w: Writer, model: Model): void {
  for (const node of model.nodes) message(w, 1, () => encodeNode(w, node));
  text(w, 2, 'model');
  for (const initializer of model.initializers) message(w, 5, () => encodeTensor(w, initializer));
  for (const input of model.inputs) message(w, 11, () => encodeValueInfo(w, input));
  for (const output of model.outputs) message(w, 12, () => encodeValueInfo(w, output));
}

function encodeNode(w: Writer, node: Node): void {
  for (const input of node.inputs) text(w, 1, input);
  for (const output of node.outputs) text(w, 2, output);
  text(w, 4, node.operator);
  for (const [name, value] of Object.entries(node.attributes)) message(w, 5, () => encodeAttribute(w, name, value));
}

function encodeAttribute(w: Writer, name: string, value: Attribute): void {
  text(w, 1, name);
  if (typeof value === 'number') {
    integer(w, 3, value);
    integer(w, 20, 2);
  } else if (typeof value === 'string') {
    text(w, 4, value);
    integer(w, 20, 3);
  } else if ('float' in value) {
    w.uint32((2 << 3) | fixed32).float(value.float);
    integer(w, 20, 1);
  } else {
    for (const item of value) integer(w, 8, item);
    integer(w, 20, 7);
  }
}

function encodeTensor(w: Writer, { name, type, shape, data }: Initializer): void {
  for (const size of shape) integer(w, 1, size);
  integer(w, 2, elementTypes[type]);
  text(w, 8, name);
  if (data instanceof Uint8Array) {
    w.uint32((9 << 3) | bytes).bytes(data);
    return;
  }
  for (const [key, value] of Object.entries(data))
    message(w, 13, () => {
      text(w, 1, key);
      text(w, 2, String(value));
    });
  integer(w, 14, 1);
}

function encodeValueInfo(w: Writer, { name, type, shape }: ValueInfo): void {
  text(w, 1, name);
  message(w, 2, () =>
    message(w, 1, () => {
      integer(w, 1, elementTypes[type]);
      message(w, 2, () => {
        for (const size of shape)
          message(w, 1, () => (typeof size === 'number' ? integer(w, 1, size) : text(w, 2, size)));
      });
    }),
  );
}

function integer(w: Writer, field: number, value: number): void {
  w.uint32((field << 3) | varint).int64(value);
}

function text(w: Writer, field: number, value: string): void {
  w.uint32((field << 3) | bytes).string(value);
}

function message(w: Writer, field: number, write: () => void): void {
  w.uint32((field << 3) | bytes).fork();
  write();
  w.ldelim();
}
