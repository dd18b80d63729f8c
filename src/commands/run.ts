import { Flags } from '@oclif/core';
import type { RunOptions } from '../harness/run.ts';
import type { RunJson } from '../report/json.ts';
import type { WrittenRun } from '../report/results.ts';
import { HonEvalCommand } from './command.ts';
import { listenForInterrupt } from './interrupt.ts';
import { runFlags } from './run_flags.ts';

export default class Run extends HonEvalCommand {
  static override summary = 'Score models on benchmarks by their log-likelihoods.';
  static override description =
    "Writes lm-evaluation-harness's results and samples files for each model, and prints a table of all of them.";
  static override examples = [
    '<%= config.bin %> run --model EleutherAI/pythia-70m@step143000 --tasks paper',
    '<%= config.bin %> run --model ./baseline --model ./hon --tasks arc_easy,piqa --limit 200',
    '<%= config.bin %> run --model ./hon --tasks ./my_task.ts --data ./rows --json > figures.json',
  ];
  static override flags = {
    ...runFlags('paper'),
    'batch-tokens': Flags.integer({ min: 1, summary: 'Tokens of a batch; chosen for the device if left out.' }),
  };

  async run(): Promise<RunJson> {
    const { flags } = await this.parse(Run);
    const interrupt = listenForInterrupt('Stopped; the model at hand has no results.');
    // What computes takes long to load; `--help` must not wait for it.
    const [
      { run },
      { breakdownTables },
      { consoleListener, describeMemory },
      { runJson },
      { prepareOutput, writeRun },
      { runTable },
    ] = await Promise.all([
      import('../harness/run.ts'),
      import('../report/breakdown_table.ts'),
      import('../report/console.ts'),
      import('../report/json.ts'),
      import('../report/results.ts'),
      import('../report/table.ts'),
    ]);
    const listener = consoleListener(process.stderr, flags.quiet, flags.model.length > 1);
    try {
      const options: RunOptions = {
        ...flags,
        models: flags.model,
        dtype: flags.dtype as RunOptions['dtype'],
        order: flags.order as RunOptions['order'],
        batchTokens: flags['batch-tokens'],
        command: ['hon-eval', ...process.argv.slice(2)],
        signal: interrupt.signal,
      };
      for (const model of options.models) await prepareOutput(flags.output, model);
      const finished: WrittenRun[] = [];
      for await (const record of run(options, listener))
        finished.push(await writeRun(record, flags.output, { signal: interrupt.signal, reveal: flags.reveal }));
      listener.close();
      const records = finished.map(({ record }) => record);
      this.log([runTable(records), ...breakdownTables(records)].join('\n\n'));
      if (!flags.quiet) {
        for (const { resultsFile } of finished) this.log(resultsFile);
        this.log(describeMemory(finished.map(({ record }) => record)));
      }
      return runJson(finished);
    } finally {
      listener.close();
      interrupt.release();
    }
  }
}
