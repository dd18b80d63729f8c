import type { GroupResults, ModelResults } from './model_results.ts';

/**
 * The names of benchmarks with groups in the place of their members: groups that have figures of their own in all results
 * that have any of their members, the widest ones.
 */
export function foldGroups(models: readonly ModelResults[], names: readonly string[]): string[] {
  const groups = new Map(models.flatMap((model) => model.groups.map((group) => [group.name, group])));
  const members = new Map([...groups].map(([name, group]) => [name, membersOf(group, groups)]));
  const folded = [...groups.keys()].filter((name) =>
    models.every((model) => !hasAny(model, members.get(name)!) || model.groups.some((group) => group.name === name)),
  );
  const isInside = (name: string) => folded.some((group) => group !== name && members.get(group)!.has(name));
  const widest = folded.filter((name) => !isInside(name));
  return [...new Set(names.map((name) => widest.find((group) => members.get(group)!.has(name)) ?? name))];
}

/** The names of benchmarks with the members of a group in its place, where a name is a group's. */
export function expandGroups(models: readonly ModelResults[], names: readonly string[] = []): string[] {
  const groups = new Map(models.flatMap((model) => model.groups.map((group) => [group.name, group])));
  const present = new Set(models.flatMap(({ benchmarks }) => benchmarks.map(({ name }) => name)));
  return names.flatMap((name) => {
    const group = groups.get(name);
    return group ? [...membersOf(group, groups)].filter((member) => present.has(member)) : [name];
  });
}

/** All below a group, groups included. */
function membersOf({ members }: GroupResults, groups: ReadonlyMap<string, GroupResults>): Set<string> {
  const all = new Set<string>();
  const pending = [...members];
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (all.has(name)) continue;
    all.add(name);
    pending.push(...(groups.get(name)?.members ?? []));
  }
  return all;
}

function hasAny({ benchmarks }: ModelResults, members: ReadonlySet<string>): boolean {
  return benchmarks.some(({ name }) => members.has(name));
}
