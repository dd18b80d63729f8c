/** Where the rows of a benchmark come from on the hub. */
export interface DatasetSource {
  /** Repository of type `dataset`, such as `allenai/ai2_arc`: the one that lm-evaluation-harness names. */
  repo: string;
  /** The configuration that lm-evaluation-harness names (`dataset_name`), where the repository has several. */
  config?: string;
  /** `test` or `validation`: what lm-evaluation-harness scores. */
  split: string;
  /** Glob over the repository's files that hold the split, in order: `ARC-Easy/test-*.parquet`. */
  files: string;
  /** Branch, tag or commit; `main` if left out. */
  revision?: string;
}
