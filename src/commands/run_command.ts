import type { CommonOptions, RunListener } from '../harness/open_run.ts';
import type { RunRecord } from '../harness/record/run_record.ts';
import type { ModelResults } from '../results/model_results.ts';
import { modelLabels, splitLabel } from '../results/names.ts';
import type { RunJson } from '../results/write/run_json.ts';
import type { WrittenRun } from '../results/write/write_run.ts';
import { HonEvalCommand } from './command.ts';
import { listenForInterrupt } from './interrupt.ts';

/** As `runFlags` are parsed. */
interface ParsedFlags extends Omit<CommonOptions, 'models' | 'command' | 'signal'> {
  model: string[];
  output: string;
  reveal: boolean;
  stderr: boolean;
  counts: boolean;
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
  /** Further tables of all of them. */
  tables?(models: readonly ModelResults[]): Promise<string>[];
}

/** A command that runs models: each one's results are written once they are there, and tables of all are printed. */
export abstract class RunCommand extends HonEvalCommand {
  protected async carryOut(flags: ParsedFlags, work: Work): Promise<RunJson> {
    const interrupt = listenForInterrupt(work.stopped);
    const [{ consoleListener, describeMemory }, { runJson }, { prepareOutput, writeRun }] = await Promise.all([
      import('./console.ts'),
      import('../results/write/run_json.ts'),
      import('../results/write/write_run.ts'),
    ]);
    const [{ selectTasks }, { metricsOf }] = await Promise.all([
      import('../harness/task/registry.ts'),
      import('../metrics/metrics.ts'),
    ]);
    // A metric that there is not is better known before hours of scoring.
    for (const task of await selectTasks(flags.tasks)) metricsOf(task);
    const named = [...new Set(flags.model)].map(splitLabel);
    const names = named.map(({ label, place }) => label ?? place);
    const options: CommonOptions = {
      ...flags,
      models: named.map(({ place }) => place),
      command: ['hon-eval', ...process.argv.slice(2)],
      signal: interrupt.signal,
    };
    const labels = modelLabels(names.map((name) => ({ name })));
    const shown = new Map(names.length > 1 ? named.map(({ place }, i) => [place, labels[i]]) : []);
    const listener = consoleListener(process.stderr, flags.quiet, shown, work.unit);
    try {
      for (const name of names) await prepareOutput(flags.output, name);
      const finished: WrittenRun[] = [];
      for await (const record of work.start(options, listener)) {
        const { label } = named[finished.length];
        const labelled = label === null ? record : { ...record, model: { ...record.model, name: label } };
        finished.push(await writeRun(labelled, flags.output, { signal: interrupt.signal, reveal: flags.reveal }));
      }
      listener.close();
      const records = finished.map(({ record }) => record);
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
