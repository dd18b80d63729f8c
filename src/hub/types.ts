import type { RevisionUse } from './temporary.ts';

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
  /** Which of them the caller can do without when the cache lacks them and the hub cannot be asked; none if left out. */
  optional?(path: string): boolean;
  /** Called only where something is downloaded. */
  onProgress?(progress: DownloadProgress): void;
  /** One line for the user: that the cache stands in for the hub, and why. */
  onNotice?(message: string): void;
  signal?: AbortSignal;
  /** Who uses the revision, and how much room there is for it; this process until its end, and any, if left out. */
  use?: RevisionUse;
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
