import { Flags } from '@oclif/core';
import type { RetrofitSummary } from '../harness/retrofit.ts';
import { innerKinds, roles } from '../model/roles.ts';
import { HonEvalCommand } from './shared/command.ts';
import { listenForInterrupt } from './shared/interrupt.ts';

export default class Retrofit extends HonEvalCommand {
  static override summary = 'Give a standard checkpoint Higher-Order Attention, to be fine-tuned.';
  static override description =
    'Writes a checkpoint that transformers loads and trains with trust_remote_code=True, and that hon-eval scores.';
  static override examples = [
    '<%= config.bin %> retrofit --model Qwen/Qwen2.5-1.5B --out ./qwen-hon',
    '<%= config.bin %> retrofit --model ./base --order 3 --inner shared --out ./hon',
  ];
  static override flags = {
    model: Flags.string({
      char: 'm',
      required: true,
      helpValue: 'FOLDER|ID[@REVISION]',
      summary: 'Start from this checkpoint: a folder, or a repository of the Hugging Face hub.',
    }),
    order: Flags.integer({ min: 2, max: 16, default: 2, summary: 'Give the attention this order.' }),
    projections: Flags.option({
      multiple: true,
      delimiter: ',',
      options: roles,
      default: ['q', 'k'],
      helpValue: 'q,k,v',
      summary: 'Make these projections outputs of attention.',
    })(),
    inner: Flags.option({
      options: innerKinds,
      default: 'separate',
      summary: 'Give inner attentions projections of their own, those of the layer, or none.',
    })(),
    seed: Flags.integer({ min: 0, default: 0, summary: 'Draw the added weights with this seed.' }),
    out: Flags.string({
      char: 'o',
      required: true,
      helpValue: 'FOLDER',
      summary: 'Write the checkpoint to this folder, a new or an empty one.',
    }),
    quiet: Flags.boolean({ char: 'q', summary: 'Print the outcome and errors only.' }),
  };

  async run(): Promise<RetrofitSummary> {
    const { flags } = await this.parse(Retrofit);
    const interrupt = listenForInterrupt('Stopped; nothing was written.');
    const [{ retrofit }, { retrofitListener }, { readableCount }] = await Promise.all([
      import('../harness/retrofit.ts'),
      import('./shared/console.ts'),
      import('../output/units.ts'),
    ]);
    const listener = retrofitListener(process.stderr, flags.quiet);
    try {
      const { model, order, inner, seed, out: output } = flags;
      const hon = { order, projections: roles.filter((role) => flags.projections.includes(role)), inner };
      const summary = await retrofit({ model, hon, seed, output, signal: interrupt.signal }, listener);
      listener.close();
      const { architecture, label, parameters, added, folder } = summary;
      this.log(
        `${folder}: ${architecture}, ${label}, ${readableCount(parameters)} parameters, ${readableCount(added)} of them new`,
      );
      return summary;
    } finally {
      listener.close();
      interrupt.release();
    }
  }
}
