import { type List, MadeList } from '../../long_list.ts';
import type { ScoredDocument } from '../record/scored.ts';
import { figuresOf } from './figures.ts';
import type { Task } from './task.ts';
import { fileFigures, isFileTask } from './task_file.ts';

/** Documents with the figures of the metrics that their task brings itself. Throws a `dataset` error for no number. */
export async function measure(task: Task, documents: List<ScoredDocument>): Promise<List<ScoredDocument>> {
  if (!task.ownMetrics?.length) return documents;
  const figures = isFileTask(task)
    ? await fileFigures(task, documents)
    : documents.map((each) => figuresOf(task, each));
  return new MadeList(documents.length, (i) => ({ ...documents.at(i)!, figures: figures[i] }));
}
