import { HonEvalError, reason } from '../../errors.ts';
import { checkTask } from './shape.ts';
import type { Task } from './task.ts';

/**
 * The tasks that a module exports by default, one or an array. Throws a `usage` error for anything else.
 * @param name Of the file, for messages.
 */
export async function importTasks(url: URL, name: string): Promise<Task[]> {
  const exported = (await importModule(url, name)).default;
  if (exported === undefined)
    throw new HonEvalError('usage', `The task file ${name} must export a task, or an array of tasks, by default.`);
  const tasks: unknown[] = Array.isArray(exported) ? exported : [exported];
  return tasks.map((task) => {
    checkTask(task, name);
    return task;
  });
}

async function importModule(url: URL, name: string): Promise<{ default?: unknown }> {
  try {
    return await import(url.href);
  } catch (error) {
    throw new HonEvalError('usage', `The task file ${name} cannot be loaded: ${reason(error)}.`, { cause: error });
  }
}
