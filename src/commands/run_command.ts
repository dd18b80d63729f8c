import type { CommonOptions, RunListener, RunStep } from '../harness/open_run.ts';
import type { ModelResults } from '../results/model_results.ts';
import { modelLabels } from '../results/names.ts';
import type { RunJson } from '../results/write/run_json.ts';
import type { WrittenRun } from '../results/write/write_run.ts';
import { chooseModels } from './chosen_models.ts';
import { HonEvalCommand } from './command.ts';
import { listenForInterrupt } from './interrupt.ts';

/** As `runFlags` are parsed. */
interface ParsedFlags extends Omit<CommonOptions, 'models' | 'command' | 'signal' | 'journalFolder' | 'checkTask'> {
  model: string[];
  output: string;
  reveal: boolean;
  stderr: boolean;
  counts: boolean;
  quiet: boolean;
  every?: number;
  last?: number;
  log: string[];
  'tokens-per-step'?: number;
  fresh: boolean;
  'skip-impossible': boolean;
}

/** What the run of a command is about. */
export interface Work {
  /** What its progress counts. */
  unit?: string;
  /** What results files say was run; the command line if left out. */
  command?: string[];
  /** Gives each model's record whenever there is more of it. */
  start(options: CommonOptions, listener: RunListener): AsyncIterable<RunStep>;
  /** Further tables of all of them. */
  tables?(models: readonly ModelResults[]): Promise<string>[];
}

/** A command that runs models: results are written benchmark by benchmark, and tables of all are printed. */
export abstract class RunCommand extends HonEvalCommand {
  protected async carryOut(flags: ParsedFlags, work: Work): Promise<RunJson> {
    const interrupt = listenForInterrupt('Stopped; the same command goes on.');
    const [{ consoleListener, describeMemory }, { runJson }, { RunOutput }] = await Promise.all([
      import('./console.ts'),
      import('../results/write/run_json.ts'),
      import('../results/write/run_output.ts'),
    ]);
    const { models: named, series } = await chooseModels(flags.model, { ...flags, signal: interrupt.signal });
    const names = named.map(({ name }) => name);
    const output = new RunOutput(named, flags.output, flags.reveal);
    const { signal } = interrupt;
    const { metricsOf } = await import('../metrics/metrics.ts');
    const options: CommonOptions = {
      ...flags,
      checkTask: metricsOf,
      models: named.map(({ place }) => place),
      series,
      command: work.command ?? ['hon-eval', ...process.argv.slice(2)],
      signal,
      fresh: flags.fresh,
      skipImpossible: flags['skip-impossible'],
      journalFolder: (place) => output.journalFolder(place),
    };
    const labels = modelLabels(names.map((name) => ({ name })));
    const shown = new Map(names.length > 1 ? named.map(({ place }, i) => [place, labels[i]]) : []);
    const listener = consoleListener(process.stderr, flags.quiet, shown, work.unit);
    const failed: RunListener['failed'] = (model, task, error) => {
      process.exitCode ??= error.exitCode;
      listener.failed(model, task, error);
    };
    const { sender } = await import('../exchange/log/log_results.ts');
    const send = sender({ to: flags.log, tokensPerStep: flags['tokens-per-step'] }, listener.notice);
    const sayStopping = () => listener.notice('Stopping once what is under way is done; a second time stops at once.');
    signal.addEventListener('abort', sayStopping, { once: true });
    try {
      await output.prepare();
      const finished: WrittenRun[] = [];
      for await (const written of output.write(work.start(options, { ...listener, failed }))) {
        finished.push(written);
        await send(written.resultsFile);
      }
      listener.close();
      const records = finished.map(({ record }) => record);
      if (records.length === 0) return await runJson(finished);
      this.log(await this.#tables(finished, flags, work));
      if (!flags.quiet) {
        for (const { resultsFile } of finished) this.log(resultsFile);
        this.log(describeMemory(records));
      }
      return await runJson(finished);
    } finally {
      listener.close();
      interrupt.release();
    }
  }

  /** All that is shown comes from the files that have been written. */
  async #tables(finished: readonly WrittenRun[], { stderr, counts }: ParsedFlags, work: Work): Promise<string> {
    const [{ readResults }, { runTable }, { breakdownTables }] = await Promise.all([
      import('../results/read/read.ts'),
      import('../report/table/run_table.ts'),
      import('../report/table/breakdown.ts'),
    ]);
    const { models } = await readResults(finished.map(({ resultsFile }) => resultsFile));
    const groups = finished[0]?.record.groups ?? [];
    const tables = [runTable(models, groups, { stderr, counts }), ...(work.tables?.(models) ?? [])];
    return [...(await Promise.all(tables)), ...(await breakdownTables(models))].join('\n\n');
  }
}
