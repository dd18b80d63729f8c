import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Content of a revision: a folder, or files by their path. */
export type HubContent = string | Record<string, string | Uint8Array>;

/** A file as the hub holds it. */
export interface StoredFile {
  content: Uint8Array;
  /** Git's object id: of the content, or of the pointer to it. */
  oid: string;
  /** Of a large file. */
  sha256?: string;
}

/** Files beyond this many bytes are kept as large ones, outside git. */
const largeFile = 64;

export function storeFiles(content: HubContent): Map<string, StoredFile> {
  return new Map(readContent(content).map(([path, bytes]) => [path, storeFile(bytes)]));
}

function readContent(content: HubContent): [string, Uint8Array][] {
  if (typeof content !== 'string') {
    return Object.entries(content).map(([path, bytes]) => [path, Buffer.from(bytes as string)]);
  }
  const paths = readdirSync(content, { recursive: true, encoding: 'utf8' }).map((name) => join(content, name));
  const files = paths.filter((path) => statSync(path).isFile());
  return files.map((path) => [relative(content, path).replaceAll('\\', '/'), readFileSync(path)]);
}

function storeFile(content: Uint8Array): StoredFile {
  if (content.length <= largeFile) return { content, oid: gitOid(content) };
  const sha256 = sha256Of(content);
  return { content, oid: gitOid(Buffer.from(pointerTo(content, sha256))), sha256 };
}

function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The text that git holds in place of a large file. */
export function pointerTo(content: Uint8Array, sha256 = sha256Of(content)): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${content.length}\n`;
}

export function gitOid(content: Uint8Array): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

/** Not the hash that git would have, but as long and as stable. */
export function commitOf(files: Map<string, StoredFile>): string {
  const lines = [...files].map(([path, { oid }]) => `${path} ${oid}\n`);
  return createHash('sha1').update(lines.sort().join('')).digest('hex');
}

/** The recursive listing of a commit, folders included. */
export function treeEntries(files: Map<string, StoredFile>): object[] {
  const parents = new Set([...files.keys()].filter((path) => path.includes('/')).map((path) => path.split('/')[0]));
  const folders = [...parents].map((path) => ({ type: 'directory', oid: '0'.repeat(40), size: 0, path }));
  const entries = [...files].map(([path, { content, oid, sha256 }]) => {
    const lfs = sha256 && { oid: sha256, size: content.length, pointerSize: pointerTo(content, sha256).length };
    return { type: 'file', oid, size: content.length, path, ...(lfs && { lfs }) };
  });
  return [...folders, ...entries];
}
