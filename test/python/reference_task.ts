import { Row } from '../../src/dataset/row.ts';
import { processRows } from '../../src/harness/load_task.ts';
import type { ScoredDocument } from '../../src/harness/record/scored.ts';
import { documentMaker } from '../../src/harness/task/ask.ts';
import { requestsOf } from '../../src/harness/task/prompt.ts';
import type { Task } from '../../src/harness/task/task.ts';
import type { JsonObject } from '../../src/json.ts';
import { evaluateTask } from '../../src/metrics/evaluate.ts';

/** A line of what `lm_eval_tasks.py` prints. */
export interface ReferenceTask {
  task: string;
  path: string;
  failure?: string;
  splits?: Record<string, JsonObject[]>;
  /** The one that is scored. */
  split?: string;
  runs?: ReferenceRun[];
}

export interface ReferenceRun {
  shots: number;
  documents: { requests: string[][]; target: string }[];
  metrics: Record<string, number>;
}

/** The same of a task here: its first three rows, with the scores that `made_score` gives them. */
export function runOfTask(task: Task, { splits, split }: ReferenceTask, shots: number): ReferenceRun {
  const rows = (split: string, use: 'asked' | 'shots') => [
    ...processRows(
      task,
      splits![split].map((json, i) => new Row(json, `${split}, row ${i}`)),
      use,
    ),
  ];
  const scored = rows(split!, 'asked');
  const pool = task.shots?.rows?.map((json) => new Row(json, 'shot'));
  const asked = scored.slice(0, 3).map(
    documentMaker(task, {
      count: shots,
      pool: shots === 0 ? [] : (pool ?? (task.shots?.source ? rows(task.shots.source.split, 'shots') : scored)),
    }),
  );
  const made = asked.map((document, i): ScoredDocument => {
    const requests = requestsOf(document, task);
    const scores = requests.map((_, request) => madeScore(i, request));
    const choices = document.choices.length;
    return {
      document,
      requests,
      scores: scores.slice(0, choices),
      unconditional: scores.slice(choices),
      truncatedTokens: 0,
    };
  });
  const estimates = evaluateTask({ task, documents: made });
  const isRolling = task.output === 'loglikelihood_rolling';
  return {
    shots,
    documents: made.map(({ document, requests }) => ({
      requests: requests.map(([context, continuation]) => (isRolling ? [continuation] : [context, continuation])),
      target: document.target ?? String(document.gold),
    })),
    // lm-evaluation-harness calls every F1 by one name.
    metrics: sorted(task.metrics.map((name) => [name.replace(/^f1_.*/, 'f1'), estimates.get(name)!.value])),
  };
}

/** The same figures in the order of their names, to ten digits. */
export function sorted(figures: [name: string, value: number][]): Record<string, number> {
  const rounded = figures.map(([name, value]): [string, number] => [name, Number(value.toPrecision(10))]);
  return Object.fromEntries(rounded.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `made_score` of `lm_eval_tasks.py`. */
function madeScore(document: number, request: number) {
  const logLikelihood = -(((document * 7 + request * 5) % 11) + 1) * 1.25 - request / 8;
  return { logLikelihood, greedy: (document + request) % 3 === 0, tokens: 1 };
}
