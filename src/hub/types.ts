/** Bytes of a download, over all its files. */
export interface DownloadProgress {
  repo: string;
  /** Bytes on disk so far, those that the cache already had included. */
  loaded: number;
  /** Bytes in all. */
  total: number;
}

export interface SnapshotRequest {
  type: 'model' | 'dataset';
  /** `owner/name` */
  repo: string;
  /** Branch, tag or commit; `main` if left out. */
  revision?: string;
  /** Which of the repository's files are wanted, by their path in it. */
  select(path: string): boolean;
  onProgress?(progress: DownloadProgress): void;
  signal?: AbortSignal;
}

/** Files of one commit of a repository, in the hub's standard cache. */
export interface Snapshot {
  /** `…/snapshots/<commit>`, absolute. */
  folder: string;
  /** The full commit hash. */
  commit: string;
  /** Paths of the selected files within the repository, sorted by code unit. */
  files: string[];
}
