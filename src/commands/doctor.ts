import type { Diagnosis } from '../inspect/machine.ts';
import { HonEvalCommand } from './command.ts';

export default class Doctor extends HonEvalCommand {
  static override summary = 'List backends, devices, versions, memory and hub access, and what would enable the rest.';

  async run(): Promise<Diagnosis> {
    await this.parse(Doctor);
    const [{ diagnose }, { diagnosisText }] = await Promise.all([
      import('../inspect/machine.ts'),
      import('../inspect/machine_text.ts'),
    ]);
    const diagnosis = await diagnose();
    this.log(diagnosisText(diagnosis));
    return diagnosis;
  }
}
