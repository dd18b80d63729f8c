import { HonEvalError } from '../../errors.ts';
import type { TaskRecord } from '../../harness/record/run_record.ts';
import { sampleHashes, sampleLine } from '../write/sample_line.ts';
import type { Outcomes } from './outcomes.ts';
import { parseSample } from './samples.ts';

/** What was just scored, as its samples would be read. Throws a `usage` error for a metric that the task does not have. */
export function scoredOutcomes(
  { task, documents }: Pick<TaskRecord, 'task' | 'documents'>,
  metric: string,
): Outcomes & { scores: number[] } {
  const samples = documents.map((scored) =>
    parseSample(sampleLine(scored, task, sampleHashes(scored), { reveal: false, generation: null }), task.name),
  );
  const scores = samples.flatMap((sample) => sample.scores.get(metric) ?? []);
  if (scores.length < samples.length)
    throw new HonEvalError('usage', `${task.name} has no ${metric} of single documents here; choose another metric.`);
  return {
    ids: samples.map(({ id }) => id),
    docHashes: samples.map(({ docHash }) => docHash),
    requestsHashes: samples.map(({ requestsHash }) => requestsHash),
    scores,
  };
}
