import { HonEvalCommand } from './shared/command.ts';

interface TaskListing {
  name: string;
  title: string;
  groups: string[];
  dataset: string | null;
  metrics: string[];
}

export default class Tasks extends HonEvalCommand {
  static override summary = 'List the benchmarks, their data and their metrics.';

  async run(): Promise<{ tasks: TaskListing[] }> {
    await this.parse(Tasks);
    const [{ loadTasks }, { plainTable }] = await Promise.all([
      import('../harness/task/registry.ts'),
      import('../output/plain_table.ts'),
    ]);
    const listing = (await loadTasks()).map(({ name, title, groups, dataset, metrics, headline }) => ({
      name,
      title,
      groups,
      dataset: dataset ? [dataset.repo, dataset.config, dataset.split].filter(Boolean).join(' ') : null,
      metrics: metrics.toSorted((a, b) => Number(b === headline) - Number(a === headline)),
    }));
    const rows = listing.map((task) => [
      task.name,
      task.title,
      task.groups.join(', '),
      task.dataset ?? `--data FOLDER with ${task.name}.jsonl`,
      task.metrics[0],
    ]);
    this.log(plainTable(['task', 'column', 'groups', 'data', 'in tables'], rows));
    return { tasks: listing };
  }
}
