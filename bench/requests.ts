/** What is asked of the models, for the side that has no tasks of its own. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadRows } from '../src/dataset/read.ts';
import { documentMaker } from '../src/harness/task/ask.ts';
import { requestsOf } from '../src/harness/task/prompt.ts';
import { selectTasks } from '../src/harness/task/registry.ts';

/** Which tasks have rows in the folder. */
export function presentTasks(tasks: string[], data: string): { present: string[]; missing: string[] } {
  const isThere = (task: string) => existsSync(join(data, `${task}.jsonl`));
  return { present: tasks.filter(isThere), missing: tasks.filter((task) => !isThere(task)) };
}

/** Writes `<task>.json`, for each of a task's first documents the list of its [context, continuation] pairs. */
export async function writeRequests(
  names: string[],
  { data, documents: limit, folder }: { data: string; documents: number; folder: string },
): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const name of names) {
    const [task] = await selectTasks([name]);
    const asked = (await loadRows(task, { data, limit })).rows.map(documentMaker(task));
    const pairs = asked.map((document) => requestsOf(document, task));
    await writeFile(join(folder, `${name}.json`), JSON.stringify(pairs));
  }
  return folder;
}
