import type { Task } from '../task/task.ts';

/** A task as it is counted where the model writes so many answers to each problem. */
export function sampledTask(task: Task, samples: number): Task {
  const passes = passSizes(samples).map((k) => `pass@${k}`);
  return { ...task, metrics: ['exact_match', 'response_tokens', 'cut_off', ...passes], headline: 'exact_match' };
}

/** 2, 4, 8, … and all of them; of one sample, `pass@1` is the accuracy. */
export function passSizes(samples: number): number[] {
  const sizes: number[] = [];
  for (let k = 2; k < samples; k *= 2) sizes.push(k);
  return samples > 1 ? [...sizes, samples] : [];
}
