import { Flags } from '@oclif/core';
import { dtypes } from '../backend/backend.ts';
import { backendNames } from '../backend/index.ts';
import { choiceOrders } from '../harness/choice_order.ts';
import type { RunOptions } from '../harness/run.ts';
import type { RunJson } from '../report/json.ts';
import type { WrittenRun } from '../report/results.ts';
import { HonEvalCommand } from './command.ts';
import { listenForInterrupt } from './interrupt.ts';

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
    model: Flags.string({
      char: 'm',
      required: true,
      multiple: true,
      helpValue: 'FOLDER|ID[@REVISION]',
      summary: 'Checkpoint: a folder, or a repository of the Hugging Face hub. May be given several times.',
    }),
    tasks: Flags.string({
      char: 't',
      multiple: true,
      delimiter: ',',
      default: ['paper'],
      helpValue: 'NAME,…',
      summary: 'Benchmarks, groups of them, or paths of task files; `hon-eval tasks` lists them.',
    }),
    data: Flags.string({
      helpValue: 'FOLDER',
      summary: 'Read rows from <task>.jsonl, .json, .parquet or .csv here, not from the hub.',
    }),
    limit: Flags.integer({ min: 1, summary: 'Score only the first documents of each benchmark.' }),
    order: Flags.string({
      options: [...choiceOrders],
      default: 'question',
      summary: "How GPQA's choices are mixed: by each question alone, or as lm-evaluation-harness does.",
    }),
    reveal: Flags.boolean({ summary: "Write GPQA's rows to the samples in clear text, not as hashes." }),
    output: Flags.string({ char: 'o', default: 'results', helpValue: 'FOLDER', summary: 'Where results are written.' }),
    backend: Flags.string({ options: backendNames, summary: 'What computes; chosen with the device if left out.' }),
    device: Flags.string({
      helpValue: 'auto|cpu|cuda|…',
      summary: 'Where it computes: the best device that is there if left out; `hon-eval doctor` lists them.',
    }),
    dtype: Flags.string({ options: dtypes, default: 'float32', summary: 'What it computes in.' }),
    threads: Flags.integer({ min: 1, max: 1024, summary: 'Threads of a CPU; all cores if left out.' }),
    'batch-tokens': Flags.integer({ min: 1, summary: 'Tokens of a batch; chosen for the device if left out.' }),
    quiet: Flags.boolean({ char: 'q', summary: 'Print the table and errors only.' }),
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
