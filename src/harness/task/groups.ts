import type { GroupRecord, Task } from './task.ts';

/**
 * The groups that a run's results are put under: those among `names` that tasks have, which are mere headings, and those
 * that average, with the groups within them.
 */
export function selectedGroups(names: string[], tasks: readonly Task[]): GroupRecord[] {
  const records = new Map<string, GroupRecord>();
  const add = (group: Omit<GroupRecord, 'tasks'>, task: Task) => {
    const record = records.get(group.name) ?? { ...group, tasks: [] };
    records.set(group.name, { ...record, tasks: [...record.tasks, task.name] });
  };
  const isChosen = ({ groups }: Task) => groups.length === 0 || groups.some((group) => names.includes(group));
  const averaging = new Set(tasks.flatMap(({ within = [] }) => within.map(({ name }) => name)));
  for (const name of new Set(names)) {
    if (averaging.has(name)) continue;
    const members = tasks.filter(({ groups }) => groups.includes(name) && !tasks.some((task) => task.name === name));
    for (const task of members) add({ name, metrics: [], weightBySize: false }, task);
  }
  for (const task of tasks.filter(isChosen)) for (const group of task.within ?? []) add(group, task);
  return [...records.values()];
}
