import type { JsonObject } from '../json.ts';

/** Types of numbers that a model's weights may lie in a file as, by safetensors' names. */
export const storedDtypes = [
  ...(['F64', 'F32', 'F16', 'BF16'] as const),
  ...(['F8_E4M3', 'F8_E5M2', 'F8_E8M0', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ'] as const),
] as const;
export type StoredDtype = (typeof storedDtypes)[number];

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
  /** Elements of another tensor, which is one run of them: what a view with these strides has, one a dimension. */
  | { kind: 'strided'; of: TensorInfo; strides: readonly number[] }
  /** The transpose of a matrix. */
  | { kind: 'transposed'; of: TensorInfo }
  /** Every number of another tensor, and `by`. */
  | { kind: 'shifted'; of: TensorInfo; by: number }
  /** A tensor and `scale` times another one. */
  | { kind: 'sum'; of: TensorInfo; and: TensorInfo; scale: number }
  | Merge
  /** Quantised blocks, one after the other. */
  | ({ kind: 'blocks'; type: QuantisedType } & FileRange);

/** Types of quantised blocks, by llama.cpp's names. */
export type QuantisedType = 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'Q8_0' | 'Q4_K' | 'Q5_K' | 'Q6_K';

/** A weight with a low-rank adapter merged into it. */
export interface Merge {
  kind: 'merged';
  /** [out, in], or [in, out] where `transposed`. */
  of: TensorInfo;
  /** [rank, in] */
  a: TensorInfo;
  /** [out, rank] */
  b: TensorInfo;
  /** What b·a is multiplied by. */
  scale: number;
  transposed: boolean;
  /** DoRA (arXiv:2402.09353): [out], the norms that the merged weight's outputs have. */
  magnitude?: TensorInfo;
}

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
  /** Where the adapter was found that is merged into it. */
  adapter?: CheckpointSource;
  /** `config.json`, parsed but not yet checked: the architecture's own schema does that. */
  config: JsonObject;
  /** Every tensor by the name that the architecture has for it, or else by its name in the file. */
  tensors: Map<string, TensorInfo>;
  /** Files of weights, in the index's order; last those of an adapter. */
  weightFiles: WeightFile[];
  /** `tokenizer.json`, absolute. */
  tokenizerFile: string;
  /** `tokenizer_config.json`, absolute, where there is one. */
  tokenizerConfigFile?: string;
  /** `special_tokens_map.json`, absolute, where there is one. */
  specialTokensMapFile?: string;
  /** `chat_template.jinja`, absolute, where there is one; a template may also stand in `tokenizer_config.json`. */
  chatTemplateFile?: string;
  /** `generation_config.json`, absolute, where there is one. */
  generationConfigFile?: string;
  /** Tokens that it was trained on, where its training state tells. */
  trainedTokens?: number;
}
