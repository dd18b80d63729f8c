import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { defineConfig } from 'vitest/config';

/** A Vulkan driver in software, of Debian's package chromium: WebGPU for the tests where there is no GPU. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const hasGpu = existsSync('/dev/dri') || existsSync('/dev/nvidia0') || existsSync('/dev/dxg');

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Vitest leaves one core idle; most of the time goes into programs and runtimes that are waited for.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: existsSync(swiftShader) && !hasGpu ? { VK_ICD_FILENAMES: swiftShader, XDG_RUNTIME_DIR: tmpdir() } : {},
  },
});
