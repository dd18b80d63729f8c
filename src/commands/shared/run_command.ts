import type { WatchOptions } from '../../checkpoint/watch.ts';
import { HonEvalError } from '../../errors.ts';
import type { CommonOptions, RunListener, RunStep } from '../../harness/open_run.ts';
import type { ModelResults } from '../../results/model_results.ts';
import { modelLabels } from '../../results/names.ts';
import type { RunJson } from '../../results/write/run_json.ts';
import type { RunFiles } from '../../results/write/write_run.ts';
import { type ChosenModels, chooseModels } from './chosen_models.ts';
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
  /** How to wait for checkpoints that a training run has yet to write; left out to take those that are there. */
  waiting?: Pick<WatchOptions, 'poll' | 'readyFile'>;
  log?: string[];
  'tokens-per-step'?: number;
  fresh: boolean;
  'skip-impossible': boolean;
}

/** What the run of a command is about. */
export interface Work {
  /** What its progress counts. */
  unit?: string;
  /** Whether several benchmarks go on at the same time. */
  together?: boolean;
  /** What results files say was run; the command line if left out. */
  command?: string[];
  /** Gives each model's record whenever there is more of it. */
  start(options: CommonOptions, listener: RunListener): AsyncGenerator<RunStep>;
  /** Further tables of all of them. */
  tables?(models: readonly ModelResults[]): Promise<string>[];
}

/** A command that runs models: results are written benchmark by benchmark, and tables of all are printed. */
export abstract class RunCommand extends HonEvalCommand {
  protected async carryOut(flags: ParsedFlags, work: Work): Promise<RunJson> {
    const interrupt = listenForInterrupt('Stopped; the same command goes on.');
    const { runJson } = await import('../../results/write/run_json.ts');
    const finished: RunFiles[] = [];
    try {
      for await (const chosen of this.#rounds(flags, interrupt.signal))
        finished.push(...(await this.#runModels(chosen, flags, work, interrupt.signal)));
      return await runJson(finished);
    } finally {
      interrupt.release();
    }
  }

  /** The models to run: all at once, or one after the other as a training run makes them. */
  async *#rounds(flags: ParsedFlags, signal: AbortSignal): AsyncGenerator<ChosenModels> {
    const { model, waiting } = flags;
    if (!waiting) return yield await chooseModels(model, { ...flags, signal });
    const { watchSeries } = await import('../../checkpoint/watch.ts');
    if (model.length !== 1) throw new HonEvalError('usage', 'Expected one --model to --watch, got several.');
    if (!flags.quiet) this.logToStderr(`Watching ${model[0]} for checkpoints; Ctrl-C ends it.`);
    for await (const place of watchSeries(model[0], { ...flags, ...waiting, signal }))
      yield { models: [{ name: place, place }], series: true };
  }

  async #runModels(
    { models: named, series }: ChosenModels,
    flags: ParsedFlags,
    work: Work,
    signal: AbortSignal,
  ): Promise<RunFiles[]> {
    const [{ consoleListener, describeMemory }, { RunOutput }, { metricsOf }] = await Promise.all([
      import('./console.ts'),
      import('../../results/write/run_output.ts'),
      import('../../metrics/metrics.ts'),
    ]);
    const names = named.map(({ name }) => name);
    const output = new RunOutput(named, flags.output, flags.reveal);
    const options: CommonOptions = {
      ...flags,
      checkTask: metricsOf,
      models: named.map(({ place }) => place),
      // What there is no room for all of is opened one after the other.
      series: series || flags.disk !== undefined,
      command: work.command ?? ['hon-eval', ...process.argv.slice(2)],
      fresh: flags.fresh,
      skipImpossible: flags['skip-impossible'],
      journalFolder: (place) => output.journalFolder(place),
    };
    const labels = modelLabels(names.map((name) => ({ name })));
    const shown = new Map(series || names.length > 1 ? named.map(({ place }, i) => [place, labels[i]]) : []);
    const listener = consoleListener(process.stderr, flags.quiet, shown, work.unit, work.together);
    const failed: RunListener['failed'] = (model, task, error) => {
      process.exitCode ??= error.exitCode;
      listener.failed(model, task, error);
    };
    const { sender } = await import('../../exchange/log/log_results.ts');
    const send = sender({ to: flags.log ?? [], tokensPerStep: flags['tokens-per-step'] }, listener.notice);
    const sayStopping = () => listener.notice('Stopping once what is under way is done; a second time stops at once.');
    signal.addEventListener('abort', sayStopping, { once: true });
    try {
      await output.prepare();
      const done: RunFiles[] = [];
      const begin = (stop: AbortSignal) => work.start({ ...options, signal: stop }, { ...listener, failed });
      for await (const written of output.write(begin, signal)) {
        done.push(written);
        await send(written.resultsFile);
      }
      listener.close();
      const finished = output.inOrder(done);
      const records = finished.map(({ record }) => record);
      if (records.length === 0) return [];
      this.log(await this.#tables(finished, flags, work));
      if (!flags.quiet) {
        for (const { resultsFile } of finished) this.log(resultsFile);
        this.log(describeMemory(records));
      }
      return finished;
    } finally {
      signal.removeEventListener('abort', sayStopping);
      listener.close();
    }
  }

  /** All that is shown comes from the files that have been written. */
  async #tables(finished: readonly RunFiles[], { stderr, counts }: ParsedFlags, work: Work): Promise<string> {
    const [{ readResults }, { runTable }, { breakdownTables }] = await Promise.all([
      import('../../results/read/read.ts'),
      import('../../report/table/run_table.ts'),
      import('../../report/table/breakdown.ts'),
    ]);
    const { models } = await readResults(finished.map(({ resultsFile }) => resultsFile));
    const headings = finished[0]?.record.groups.filter(({ metrics }) => metrics.length === 0) ?? [];
    const tables = [runTable(models, headings, { stderr, counts }), ...(work.tables?.(models) ?? [])];
    return [...(await Promise.all(tables)), ...(await breakdownTables(models))].join('\n\n');
  }
}
