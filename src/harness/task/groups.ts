import type { GroupRecord, Task } from './task.ts';

/**
 * The groups that a run's results are put under: those among `names` that tasks have, which are mere headings, and those
 * that average, with the groups within them.
 */
export function selectedGroups(names: string[], tasks: readonly Task[]): GroupRecord[] {
  const records = new Map<string, GroupRecord>();
  const add = (group: Omit<GroupRecord, 'tasks'>, member: string) => {
    const record = records.get(group.name) ?? { ...group, tasks: [] };
    records.set(group.name, { ...record, tasks: [...new Set([...record.tasks, member])] });
  };
  const isChosen = ({ groups }: Task) => groups.length === 0 || groups.some((group) => names.includes(group));
  const averaging = new Set(tasks.flatMap(({ within = [] }) => within.map(({ name }) => name)));
  for (const name of new Set(names)) {
    if (averaging.has(name)) continue;
    const members = tasks.filter(({ groups }) => groups.includes(name) && !tasks.some((task) => task.name === name));
    for (const task of members) add({ name, metrics: [], aggregation: 'mean' }, task.name);
  }
  for (const { name, within = [] } of tasks.filter(isChosen)) {
    // A group that was chosen itself is whole; of what it is part of there is only a part.
    const chosen = Math.max(
      0,
      within.findIndex((group) => names.includes(group.name)),
    );
    for (const [i, group] of within.entries()) {
      if (i >= chosen) add(group, group.aggregation === 'best' ? (within[i + 1]?.name ?? name) : name);
    }
  }
  return [...records.values()];
}
