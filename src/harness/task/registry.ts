import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HonEvalError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import { importTasks } from './import_tasks.ts';
import type { Task } from './task.ts';
import { loadTaskFile } from './task_file.ts';
import { TaskFolder } from './yaml/folder.ts';

/** The project's own tasks: TypeScript beside `src`, JavaScript beside `dist/src` once it is built. */
const folder = new URL('../../../tasks/', import.meta.url);
const moduleName = /(?<!\.d)\.(ts|js|mjs)$/;

/** All tasks of the tasks folder, by rank, by file name and as the file lists them: the order of a table's columns. */
export async function loadTasks(): Promise<Task[]> {
  const files = (await readdir(folder)).filter((name) => moduleName.test(name)).sort();
  const loaded = await Promise.all(files.map((name) => importTasks(new URL(name, folder), name)));
  return unique(loaded.flat()).sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
}

/**
 * The tasks that `names` select, in the order of their first mention and without repetition. A name is a task's, a
 * group's, or the path of a task file or of a folder with YAML files. Throws a `usage` error for any other.
 * @param includePaths Folders with YAML files, whose names come before the project's own.
 */
export async function selectTasks(names: string[], includePaths: string[] = []): Promise<Task[]> {
  const tasks = await loadTasks();
  const included = includePaths.length > 0 ? new TaskFolder(includePaths) : undefined;
  const select = async (name: string) => {
    if (included?.has(name)) return included.select(name);
    if (isYaml(name)) return new TaskFolder([...includePaths, dirname(name), name]).selectPath(name);
    return isPath(name) ? loadTaskFile(name) : byName(name, tasks, included?.names ?? []);
  };
  return unique((await Promise.all([...new Set(names)].map(select))).flat());
}

/** Whether a name is the path of a YAML file or of a folder. */
function isYaml(name: string): boolean {
  return (
    /\.ya?ml$/.test(name) ||
    (/[/\\]|^\.+$/.test(name) && statSync(name, { throwIfNoEntry: false })?.isDirectory() === true)
  );
}

function isPath(name: string): boolean {
  return /[/\\]/.test(name) || moduleName.test(name);
}

function byName(name: string, tasks: Task[], included: string[]): Task[] {
  const found = tasks.filter((task) => [task.name, task.lmEvalName, ...task.groups].includes(name));
  if (found.length > 0) return found;
  const known = [...new Set(tasks.flatMap((task) => [task.name, ...task.groups]))];
  const guess = nearest(name, [...included, ...known]);
  const advice = guess
    ? `did you mean ${guess}?`
    : `there are ${known.slice(0, 6).join(', ')} and ${known.length - 6} more, which "hon-eval tasks" lists.`;
  throw new HonEvalError('usage', `There is no task or group named "${name}"; ${advice}`);
}

function unique(tasks: Task[]): Task[] {
  const byName = new Map<string, Task>();
  for (const task of tasks) {
    if ((byName.get(task.name) ?? task) !== task) {
      throw new HonEvalError('usage', `Two different tasks are named ${task.name}; rename one of them.`);
    }
    byName.set(task.name, task);
  }
  return [...byName.values()];
}
