import { Flags } from '@oclif/core';
import { exitCodes } from '../errors.ts';
import type { FetchedProvider } from '../inspect/cuda_provider.ts';
import type { Diagnosis } from '../inspect/machine.ts';
import { HonEvalCommand } from './shared/command.ts';
import { listenForInterrupt } from './shared/interrupt.ts';

export default class Doctor extends HonEvalCommand {
  static override summary = 'List what this machine can compute with, and what would enable the rest.';

  static override flags = {
    cache: Flags.boolean({ summary: "Read every file of the hub's cache too, and name those that are damaged." }),
    fix: Flags.option({
      options: ['cuda'] as const,
      summary: "Fetch ONNX Runtime's CUDA provider from Python's package index (PIP_INDEX_URL), on Linux on x64.",
    })(),
  };

  async run(): Promise<Diagnosis & { fetched?: FetchedProvider }> {
    const { flags } = await this.parse(Doctor);
    const fetched = flags.fix && (await this.#fetchProvider());
    const [{ diagnose }, { diagnosisText }] = await Promise.all([
      import('../inspect/machine.ts'),
      import('../inspect/machine_text.ts'),
    ]);
    const diagnosis = await diagnose({ checksCache: flags.cache });
    this.log(diagnosisText(diagnosis));
    if (diagnosis.cacheCheck?.damaged.length) process.exitCode = exitCodes.checkpoint;
    return { ...diagnosis, ...(fetched && { fetched }) };
  }

  async #fetchProvider(): Promise<FetchedProvider> {
    const interrupt = listenForInterrupt('Stopped; nothing was changed.');
    const [{ fetchCudaProvider }, { downloadProgress }, { readableBytes }] = await Promise.all([
      import('../inspect/cuda_provider.ts'),
      import('./shared/console.ts'),
      import('../output/units.ts'),
    ]);
    const progress = downloadProgress(process.stderr);
    try {
      const { signal } = interrupt;
      const fetched = await fetchCudaProvider({ onProgress: progress.download, signal });
      for (const { path, bytes } of fetched.files) this.log(`${path}: ${readableBytes(bytes)}`);
      this.log(`They are those of ${fetched.wheel}, whose sha256 is as listed.\n`);
      return fetched;
    } finally {
      progress.close();
      interrupt.release();
    }
  }
}
