import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

/** The release whose CUDA provider `docs/gpu.md` describes and whose kernels `cuda_kernels.json` lists. */
const checked = '1.30.0';

test("ONNX Runtime is the release that CUDA's provider was checked for", () => {
  const { version } = JSON.parse(read('package-lock.json')).packages['node_modules/onnxruntime-node'];
  const what = `onnxruntime-node is ${version}: see how that release loads providers, what files PyPI's onnxruntime-gpu of the
same version has and needs (docs/gpu.md), which kernels it lists (test/fixtures/cuda_kernels.json), whether WebGPU still
keeps tensors between runs (src/backend/onnx/memory.ts), and then say so here`;
  expect(version, what).toBe(checked);
  expect(read('docs/gpu.md')).toContain(`onnxruntime-gpu==${checked}`);
});
