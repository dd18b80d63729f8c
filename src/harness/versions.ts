import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** Versions that a results file names: hon-eval's own and Node's. */
export function versions(): Record<string, string> {
  const file = findPackageJSON(import.meta.url);
  const { version } = JSON.parse(readFileSync(file!, 'utf8')) as { version: string };
  return { honEval: version, node: process.versions.node };
}
