/** Tasks, groups and tags of a folder of YAML files, by name (lm_eval/tasks/_index.py and _factory.py). */
import { globSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { HonEvalError } from '../../../errors.ts';
import type { Task } from '../task.ts';
import { isMap } from './config.ts';
import { loadYaml, readYaml, type YamlMap, type YamlValue } from './load.ts';
import { yamlTask } from './yaml_task.ts';

/** What a name stands for: a file of a task or of a group, or a tag that tasks have. */
type Entry = { kind: 'task' | 'group'; path: string } | { kind: 'tag'; tasks: Set<string> };

/** Keys that say what a file is; the others are read once it is chosen. */
const namingKeys = ['task', 'group', 'tag', 'class', 'include'];

const ignoredFolders = new Set(['__pycache__', '.ipynb_checkpoints']);

/** Keys of a group; its others are for all of its tasks (`GroupConfig`). */
const groupKeys = new Set(['group', 'group_alias', 'task', 'aggregate_metric_list', 'metadata', 'tag', 'include']);

export class TaskFolder {
  readonly #entries = new Map<string, Entry>();

  /** @param paths Folders, or single files; where a name is in several, the last one counts. */
  constructor(paths: readonly string[]) {
    for (const path of paths) for (const [name, entry] of entriesOf(path)) this.#entries.set(name, entry);
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** The tasks that a name stands for. Throws a `usage` error for one that is not supported. */
  select(name: string): Task[] {
    return this.#build(name, {}, []);
  }

  /** The tasks of a file, or those of a folder that are supported. */
  selectPath(path: string): Task[] {
    const inside = [...this.#entries].filter(([, entry]) => entry.kind !== 'tag' && isWithin(entry.path, path));
    if (inside.length === 0) throw new HonEvalError('usage', `${path} has no task or group.`);
    const isFile = statSync(path).isFile();
    const named = isFile ? inside : inside.filter(([, { kind }]) => kind === 'task');
    return unique(named.flatMap(([name]) => this.select(name)));
  }

  #build(name: string, overrides: YamlMap, within: readonly string[]): Task[] {
    const entry = this.#entries.get(name);
    if (within.includes(name)) throw new HonEvalError('usage', `The group ${name} is within itself.`);
    if (!entry) throw new HonEvalError('usage', `There is no task or group named "${name}" beside ${within.at(-1)}.`);
    if (entry.kind === 'tag')
      return unique([...entry.tasks].sort().flatMap((task) => this.#build(task, overrides, [...within, name])));
    const keys = { ...loadYaml(entry.path), ...overrides };
    if (entry.kind === 'task') return [yamlTask(keys, entry.path)];
    return this.#buildGroup(name, keys, overrides, within);
  }

  #buildGroup(name: string, keys: YamlMap, overrides: YamlMap, within: readonly string[]): Task[] {
    const shared = { ...Object.fromEntries(Object.entries(keys).filter(([key]) => !groupKeys.has(key))), ...overrides };
    const members = Array.isArray(keys.task) ? keys.task : [keys.task];
    const group = groupOf(name, keys);
    const built = members.flatMap((member) => this.#buildMember(member, name, shared, [...within, name]));
    return unique(built).map((task) => ({ ...task, within: [group, ...(task.within ?? [])] }));
  }

  #buildMember(member: YamlValue, group: string, shared: YamlMap, within: readonly string[]): Task[] {
    if (!isMap(member)) return this.#build(String(member), shared, within);
    if (member.group !== undefined) {
      const { group: named, ...own } = member;
      if (this.has(String(named))) return this.#build(String(named), { ...shared, ...own }, within);
      return this.#buildGroup(`${group}::${named}`, member, shared, within);
    }
    const name = String(member.task);
    const keys = { ...shared, ...member };
    if (this.has(name)) return this.#build(name, keys, within);
    return [yamlTask({ ...keys, task: `${group}.${name}` }, group)];
  }
}

function unique(tasks: Task[]): Task[] {
  return [...new Map(tasks.map((task) => [task.name, task])).values()];
}

function groupOf(name: string, { aggregate_metric_list: list }: YamlMap): NonNullable<Task['within']>[number] {
  const entries = (Array.isArray(list) ? list : [list ?? null]).filter(isMap);
  return {
    ...{ name, metrics: entries.map(({ metric }) => String(metric)) },
    aggregation: entries.every(({ weight_by_size: weighs }) => weighs !== false) ? 'pooled' : 'mean',
  };
}

function isWithin(file: string, path: string): boolean {
  const [inner, outer] = [resolve(file), resolve(path)];
  return inner === outer || inner.startsWith(`${outer}/`);
}

function* entriesOf(path: string): Generator<[string, Entry]> {
  const entries = new Map<string, Entry>();
  const tags = new Map<string, YamlValue>();
  for (const file of yamlFiles(path)) {
    try {
      addFile(file, entries, tags);
    } catch (error) {
      // As lm-evaluation-harness does: a broken file is in nobody's way until it is named.
      if (!(error instanceof HonEvalError)) throw error;
    }
  }
  yield* entries;
}

function addFile(file: string, entries: Map<string, Entry>, included: Map<string, YamlValue>): void {
  const { task, group, tag, class: python, include } = readYaml(file, namingKeys);
  if (python !== undefined) return;
  if (group != null) {
    if (!entries.has(String(group))) entries.set(String(group), { kind: 'group', path: file });
    return;
  }
  const inherited = include == null || (task != null && tag !== undefined) ? {} : loadNaming(file, include, included);
  const name = task ?? inherited.task;
  if (name == null || typeof name === 'object') return;
  if (entries.has(String(name))) return;
  entries.set(String(name), { kind: 'task', path: file });
  for (const each of [tag ?? inherited.tag ?? []].flat()) addTag(String(each), String(name), entries);
}

function addTag(tag: string, task: string, entries: Map<string, Entry>): void {
  const entry = entries.get(tag) ?? { kind: 'tag', tasks: new Set<string>() };
  if (entry.kind !== 'tag') return;
  entry.tasks.add(task);
  entries.set(tag, entry);
}

/** What the included files say of names and tags; many files include the same one. */
function loadNaming(file: string, include: YamlValue, known: Map<string, YamlValue>): YamlMap {
  const merged: YamlMap = {};
  for (const name of [include].flat()) {
    const path = resolve(dirname(file), String(name));
    if (!known.has(path)) {
      const { task = null, tag = null } = loadYaml(path);
      known.set(path, { ...(task === null ? {} : { task }), ...(tag === null ? {} : { tag }) });
    }
    Object.assign(merged, known.get(path));
  }
  return merged;
}

/** In the order of their paths. */
function yamlFiles(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false }))
    throw new HonEvalError('usage', `There is no task file or folder ${path}.`);
  if (statSync(path).isFile()) return [path];
  const files = globSync('**/*.yaml', { cwd: path }).filter(
    (file) => !file.split('/').some((part) => ignoredFolders.has(part)),
  );
  return files.sort((a, b) => (a < b ? -1 : 1)).map((file) => join(path, file));
}
