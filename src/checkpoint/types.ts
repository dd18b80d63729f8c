import type { JsonObject } from '../json.ts';

/** Types of numbers that a model's weights may lie in a file as. */
export type StoredDtype = 'F64' | 'F32' | 'F16' | 'BF16';

/** A run of bytes in a file. */
export interface FileRange {
  /** Absolute path with symbolic links resolved. */
  file: string;
  /** First byte in the file; not necessarily aligned. */
  offset: number;
  /** Bytes. */
  length: number;
}

/** A tensor whose numbers lie in a file as they are, row-major. */
export interface StoredTensor extends FileRange {
  dtype: StoredDtype;
  shape: number[];
}

/** A tensor that no file has as it is: its numbers are computed, in float32, each time it is read. */
export interface ComputedTensor {
  /** What the larger part of it is stored as. */
  dtype: string;
  shape: number[];
  computed: Derivation;
}

/** How a tensor is computed: a plain value. */
export type Derivation =
  /** Rows of another tensor along its first axis, in this order. */
  | { kind: 'rows'; of: TensorInfo; rows: readonly number[] }
  /** The transpose of a matrix. */
  | { kind: 'transposed'; of: TensorInfo }
  /** Every number of another tensor, and `by`. */
  | { kind: 'shifted'; of: TensorInfo; by: number };

/** A tensor of a checkpoint, by reference: a plain value, whatever the weights come from. `readTensor` reads it. */
export type TensorInfo = StoredTensor | ComputedTensor;

/** Where a checkpoint was found. */
export type CheckpointSource =
  | { kind: 'folder'; path: string }
  | { kind: 'hub'; repo: string; revision: string; commit: string };

/** A file of weights: the hub's cache stores it under its hash, so that the path does not tell the name. */
export interface WeightFile {
  /** As the index and the repository have it, such as `model-00001-of-00002.safetensors`. */
  name: string;
  /** Absolute, with symbolic links resolved. */
  path: string;
}

/** A model on disk: everything but the weights' bytes. A plain value that can be sent to a worker thread. */
export interface Checkpoint {
  /** As the user named it: a folder or `owner/name@revision`. */
  name: string;
  source: CheckpointSource;
  /** `config.json`, parsed but not yet checked: the architecture's own schema does that. */
  config: JsonObject;
  /** Every tensor by the name that the architecture has for it, or else by its name in the file. */
  tensors: Map<string, TensorInfo>;
  /** Safetensors files, in the index's order. */
  weightFiles: WeightFile[];
  /** `tokenizer.json`, absolute. */
  tokenizerFile: string;
  /** `tokenizer_config.json`, absolute, where there is one. */
  tokenizerConfigFile?: string;
  /** `chat_template.jinja`, absolute, where there is one; a template may also stand in `tokenizer_config.json`. */
  chatTemplateFile?: string;
  /** `generation_config.json`, absolute, where there is one. */
  generationConfigFile?: string;
}
