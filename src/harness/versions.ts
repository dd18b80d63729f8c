import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** Versions that a results file names: hon-eval's own and Node's. */
export function versions(): Record<string, string> {
  return { honEval: readVersion(findPackageJSON(import.meta.url)), node: process.versions.node };
}

/** Of the packages that compute, download and tokenize. */
export function packageVersions(): Record<string, string> {
  const names = ['onnxruntime-node', '@tensorflow/tfjs-core', '@huggingface/hub', '@huggingface/tokenizers'];
  return Object.fromEntries(names.map((name) => [name, readVersion(findPackageJSON(name, import.meta.url))]));
}

/** Of the package that a backend computes with. */
export function backendVersion(name: string): string {
  const packages: Record<string, string> = { onnx: 'onnxruntime-node', tfjs: '@tensorflow/tfjs-core' };
  const { honEval } = versions();
  return Object.hasOwn(packages, name) ? packageVersions()[packages[name]] : honEval;
}

function readVersion(file: string | undefined): string {
  return (JSON.parse(readFileSync(file!, 'utf8')) as { version: string }).version;
}
