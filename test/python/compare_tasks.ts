/**
 * Holds what `lm_eval_tasks.py` writes against hon-eval:
 *
 *     node test/python/compare_tasks.ts LM_EVAL_TASKS_FOLDER < tasks.jsonl
 *
 * Prints how many tasks agree in every byte of requests and targets, and in their metrics; and each one that does not.
 */
import { createInterface } from 'node:readline';
import { TaskFolder } from '../../src/harness/task/yaml/folder.ts';
import { type ReferenceTask, runOfTask, sorted } from './reference_task.ts';

const folder = new TaskFolder([process.argv[2]]);
const counts = { same: 0, other: 0, refused: 0, unmade: 0 };

for await (const line of createInterface({ input: process.stdin })) {
  const reference: ReferenceTask = JSON.parse(line);
  const { task: name } = reference;
  if (reference.failure !== undefined) {
    counts.unmade++;
    continue;
  }
  try {
    const [task] = folder.select(name);
    const differing = reference.runs!.find((run) => {
      const own = runOfTask(task, reference, run.shots);
      return JSON.stringify(own) !== JSON.stringify(rounded(run));
    });
    if (!differing) counts.same++;
    else {
      counts.other++;
      const own = runOfTask(task, reference, differing.shots);
      console.log(
        `${name}, ${differing.shots} shots:\n  ${JSON.stringify(own)}\n  ${JSON.stringify(rounded(differing))}`,
      );
    }
  } catch (error) {
    counts.refused++;
    console.log(`${name}: ${(error as Error).message}`);
  }
}
console.log(JSON.stringify(counts));

function rounded<T extends { metrics: Record<string, number> }>(run: T): T {
  return { ...run, metrics: sorted(Object.entries(run.metrics)) };
}
