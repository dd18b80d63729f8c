import { Args, Flags } from '@oclif/core';
import { dtypes } from '../backend/backend.ts';
import type { Inspection } from '../inspect/model.ts';
import { fitted } from '../output/wrap.ts';
import { HonEvalCommand } from './shared/command.ts';

export default class Inspect extends HonEvalCommand {
  static override summary = 'Show what a model is and what it costs: parameters, operations, memory.';
  static override description =
    'Reads config.json alone. "As written" follows the recursion of Higher-Order Attention as a tree, as the paper ' +
    'counts it (2^m at order m, Eq. 13); with shared weights hon-eval computes the same numbers as a chain of m.';
  static override examples = [
    '<%= config.bin %> inspect Qwen/Qwen2.5-1.5B',
    '<%= config.bin %> inspect ./hon --batch 8 --length 4096 --dtype bfloat16',
  ];
  static override args = {
    model: Args.string({
      required: true,
      description:
        'Inspect this checkpoint: a folder, or a repository of the Hugging Face hub with an optional @revision.',
    }),
  };
  static override flags = {
    batch: Flags.integer({ min: 1, default: 1, summary: 'Count a batch of so many texts.' }),
    length: Flags.integer({ min: 1, summary: 'Count texts of so many tokens; at most 2048 if left out.' }),
    dtype: Flags.option({
      options: dtypes,
      summary: 'Count numbers of this type; of that which it is stored in if left out.',
    })(),
  };

  async run(): Promise<Inspection> {
    const { args, flags } = await this.parse(Inspect);
    const [{ inspect }, { inspectionText }] = await Promise.all([
      import('../inspect/model.ts'),
      import('../inspect/model_text.ts'),
    ]);
    const inspection = await inspect({ ...args, ...flags });
    this.log(fitted(inspectionText(inspection)));
    return inspection;
  }
}
