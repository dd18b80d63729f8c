import { Flags } from '@oclif/core';
import { exitCodes } from '../errors.ts';
import type { Diagnosis } from '../inspect/machine.ts';
import { HonEvalCommand } from './shared/command.ts';

export default class Doctor extends HonEvalCommand {
  static override summary = 'List backends, devices, versions, memory and hub access, and what would enable the rest.';

  static override flags = {
    cache: Flags.boolean({ summary: "Read every file of the hub's cache too, and name those that are damaged." }),
  };

  async run(): Promise<Diagnosis> {
    const { flags } = await this.parse(Doctor);
    const [{ diagnose }, { diagnosisText }] = await Promise.all([
      import('../inspect/machine.ts'),
      import('../inspect/machine_text.ts'),
    ]);
    const diagnosis = await diagnose({ checksCache: flags.cache });
    this.log(diagnosisText(diagnosis));
    if (diagnosis.cacheCheck?.damaged.length) process.exitCode = exitCodes.checkpoint;
    return diagnosis;
  }
}
