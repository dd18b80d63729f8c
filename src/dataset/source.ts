import type { List } from '../long_list.ts';
import type { Row } from './row.ts';

/** Where the rows of a benchmark come from on the hub. */
export interface DatasetSource {
  /** Repository of type `dataset`, such as `allenai/ai2_arc`: the one that lm-evaluation-harness names. */
  repo: string;
  /** The configuration that lm-evaluation-harness names (`dataset_name`), where the repository has several. */
  config?: string;
  /** `test`, `validation`, or `train` where there is no other: what lm-evaluation-harness scores. */
  split: string;
  /** Files of the repository that hold the split, in order; `*` stands for any part of a name: `ARC-Easy/test-*.parquet`. */
  files: string;
  /** Branch, tag or commit; `main` if left out. */
  revision?: string;
}

/** Rows read from one file. */
export interface FileRows {
  /** The first rows, as many as were asked for. */
  rows: List<Row>;
  /** Rows in the whole file. */
  total: number;
}

/** Where rows were found, for provenance. */
export type DatasetOrigin =
  | { kind: 'file'; path: string }
  | { kind: 'hub'; repo: string; revision: string; commit: string; files: string[] };

/** The rows of a benchmark's split. */
export interface DatasetRows extends FileRows {
  origin: DatasetOrigin;
}
