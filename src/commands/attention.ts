import { normalize } from 'node:path';
import { Flags } from '@oclif/core';
import type { AttentionJson } from '../attention/json.ts';
import type { AttentionMaps } from '../attention/maps.ts';
import type { AttentionOptions } from '../attention/observe.ts';
import { HonEvalCommand } from './shared/command.ts';
import { listenForInterrupt } from './shared/interrupt.ts';
import { modelFlags } from './shared/run_flags.ts';

export default class Attention extends HonEvalCommand {
  static override summary = 'Show what models attend to: outer and inner attention maps, with numbers.';
  static override description =
    'Draws the maps of all models side by side, averaged over layers and heads, and prints the entropy, the weight on ' +
    'the first token and beside the diagonal, and the rank of each.';
  static override examples = [
    '<%= config.bin %> attention --model ./base --model ./hon --text "A cat."',
    '<%= config.bin %> attention --model ./hon --task piqa --document 3 --out maps.svg',
  ];
  static override flags = {
    ...modelFlags,
    text: Flags.string({ exactlyOne: ['text', 'task'], summary: 'Have the models read this text.' }),
    task: Flags.string({
      char: 't',
      helpValue: 'NAME|FILE',
      summary: 'Have them read a document of this benchmark, with its right choice.',
    }),
    document: Flags.integer({
      min: 0,
      dependsOn: ['task'],
      summary: 'Take this document, counted from 0; the first if left out.',
    }),
    data: Flags.string({
      helpValue: 'FOLDER|FILE',
      dependsOn: ['task'],
      summary: 'Read rows from <task>.jsonl, .json, .parquet or .csv here, or from one file, not from the hub.',
    }),
    out: Flags.string({
      char: 'o',
      multiple: true,
      default: [],
      helpValue: 'FILE',
      summary:
        'Write the figure to a .png or .svg file, or the weights to a .json or .npy file. It may be given several times.',
    }),
    all: Flags.boolean({ summary: 'Show every layer and head, too.' }),
    quiet: Flags.boolean({ char: 'q', summary: 'Print the numbers and errors only.' }),
  };

  async run(): Promise<AttentionJson> {
    const { flags } = await this.parse(Attention);
    const { text, task = '', document = 0, data, tokenizer, backend, device, threads, all } = flags;
    const interrupt = listenForInterrupt('Stopped; nothing was written.');
    const [harness, metrics, { consoleListener }, files, { attentionJson }, { attentionTable }] = await Promise.all([
      import('../attention/observe.ts'),
      import('../attention/maps.ts'),
      import('./shared/console.ts'),
      import('../attention/files.ts'),
      import('../attention/json.ts'),
      import('../attention/table.ts'),
    ]);
    const listener = consoleListener(process.stderr, flags.quiet, new Map());
    try {
      const out = [...new Set(flags.out.map(normalize))];
      await files.prepareAttentionFiles(out);
      const options: AttentionOptions = {
        models: [...new Set(flags.model)],
        tokenizer,
        input: text === undefined ? { task, document, data } : { text },
        backend,
        device,
        dtype: flags.dtype,
        threads,
        signal: interrupt.signal,
      };
      const models: AttentionMaps[] = [];
      for await (const observed of harness.observeAttention(options, listener))
        models.push(await metrics.measureAttention(observed, interrupt.signal));
      const written = await files.writeAttentionFiles(models, out, all, interrupt.signal);
      listener.close();
      this.log(attentionTable(models, all));
      if (!flags.quiet) for (const file of written) this.log(file);
      return attentionJson(models, written, all);
    } finally {
      listener.close();
      interrupt.release();
    }
  }
}
