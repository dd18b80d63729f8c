import { Flags } from '@oclif/core';
import type { Task } from '../harness/task/task.ts';
import { HonEvalCommand } from './shared/command.ts';

interface TaskListing {
  name: string;
  rowsFile: string;
  title: string;
  groups: string[];
  dataset: string | null;
  metrics: string[];
}

export default class Tasks extends HonEvalCommand {
  static override summary = 'List the benchmarks, their data and their metrics, and the groups of them.';
  static override flags = {
    expand: Flags.boolean({ summary: 'List the benchmarks of groups such as MMLU one by one, not as one line.' }),
  };

  async run(): Promise<{ tasks: TaskListing[] }> {
    const { flags } = await this.parse(Tasks);
    const [{ loadTasks }, { plainTable }] = await Promise.all([
      import('../harness/task/registry.ts'),
      import('../output/plain_table.ts'),
    ]);
    const tasks = await loadTasks();
    const shown = Map.groupBy(tasks, (task) => (flags.expand ? task.name : lineOf(task)));
    const groups = new Set(tasks.flatMap((task) => task.groups));
    this.log(plainTable(['task', 'data', 'in tables'], Array.from(shown, taskRow)));
    this.log();
    this.log(
      plainTable(
        ['group', 'tasks'],
        Array.from(groups, (group) => groupRow(group, tasks, flags.expand)),
      ),
    );
    return { tasks: tasks.map(listed) };
  }
}

/** Tasks that are averaged are listed as their widest group. */
function lineOf({ name, within = [] }: Task): string {
  return within[0]?.name ?? name;
}

function taskRow([name, tasks]: [string, Task[]]): string[] {
  const [task] = tasks;
  const { headline } = task;
  if (tasks.length > 1) return [name, `${task.dataset?.repo}, ${tasks.length} tasks`, `${name}: ${headline}`];
  return [name, dataOf(task) ?? `--data FOLDER with ${task.rowsFile ?? name}.jsonl`, `${task.title}: ${headline}`];
}

/** Members by their names, or their number where the list of tasks has them in one line. */
function groupRow(group: string, tasks: readonly Task[], expand: boolean): string[] {
  const members = tasks.filter(({ groups }) => groups.includes(group));
  const isFolded = !expand && members.every((task) => lineOf(task) !== task.name);
  return [group, isFolded ? `${members.length} tasks` : members.map(({ name }) => name).join(', ')];
}

function dataOf({ dataset }: Task): string | null {
  return dataset ? [dataset.repo, dataset.config, dataset.split].filter(Boolean).join(' ') : null;
}

function listed(task: Task): TaskListing {
  const { name, rowsFile = name, title, groups, metrics, headline } = task;
  const sorted = metrics.toSorted((a, b) => Number(b === headline) - Number(a === headline));
  return { name, rowsFile, title, groups, dataset: dataOf(task), metrics: sorted };
}
