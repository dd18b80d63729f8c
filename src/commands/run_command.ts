import type { CommonOptions, RunListener } from '../harness/open_run.ts';
import type { RunRecord } from '../harness/record/run_record.ts';
import type { RunJson } from '../results/write/run_json.ts';
import type { WrittenRun } from '../results/write/write_run.ts';
import { HonEvalCommand } from './command.ts';
import { listenForInterrupt } from './interrupt.ts';

/** As `runFlags` are parsed. */
interface ParsedFlags extends Omit<CommonOptions, 'models' | 'command' | 'signal'> {
  model: string[];
  output: string;
  reveal: boolean;
  quiet: boolean;
}

/** What the run of a command is about. */
export interface Work {
  /** What its progress counts. */
  unit?: string;
  /** What is said on Ctrl-C. */
  stopped: string;
  /** Gives each model's record as soon as it is done. */
  start(options: CommonOptions, listener: RunListener): AsyncIterable<RunRecord>;
  /** What is printed of all of them, before the tables by category. */
  tables(records: RunRecord[]): string[];
}

/** A command that runs models: each one's results are written once they are there, and tables of all are printed. */
export abstract class RunCommand extends HonEvalCommand {
  protected async carryOut(flags: ParsedFlags, work: Work): Promise<RunJson> {
    const interrupt = listenForInterrupt(work.stopped);
    const [{ breakdownTables }, { consoleListener, describeMemory }, { runJson }, { prepareOutput, writeRun }] =
      await Promise.all([
        import('../report/table/breakdown.ts'),
        import('./console.ts'),
        import('../results/write/run_json.ts'),
        import('../results/write/write_run.ts'),
      ]);
    const models = [...new Set(flags.model)];
    const options: CommonOptions = {
      ...flags,
      models,
      command: ['hon-eval', ...process.argv.slice(2)],
      signal: interrupt.signal,
    };
    const listener = consoleListener(process.stderr, flags.quiet, models.length > 1, work.unit);
    try {
      for (const model of models) await prepareOutput(flags.output, model);
      const finished: WrittenRun[] = [];
      for await (const record of work.start(options, listener))
        finished.push(await writeRun(record, flags.output, { signal: interrupt.signal, reveal: flags.reveal }));
      listener.close();
      const records = finished.map(({ record }) => record);
      this.log([...work.tables(records), ...breakdownTables(records)].join('\n\n'));
      if (!flags.quiet) {
        for (const { resultsFile } of finished) this.log(resultsFile);
        this.log(describeMemory(records));
      }
      return runJson(finished);
    } finally {
      listener.close();
      interrupt.release();
    }
  }
}
