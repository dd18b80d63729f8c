import type { ScoredTask } from '../harness/record/scored.ts';
import { evaluateTask, type TaskEstimates } from './evaluate.ts';

/** A benchmark's figures over the documents of each category, by kind of category: `subject` → `Algebra` → figures. */
export type Breakdown = ReadonlyMap<string, ReadonlyMap<string, TaskEstimates>>;

const { compare } = new Intl.Collator('en', { numeric: true });

/** Categories are sorted; documents that name none of a kind are left out there. */
export function breakDown({ task, documents }: Pick<ScoredTask, 'task' | 'documents'>): Breakdown {
  const kinds = new Set(documents.flatMap(({ document }) => Object.keys(document.categories ?? {})));
  return new Map(
    [...kinds].map((kind) => {
      const named = documents.filter(({ document }) => document.categories?.[kind] !== undefined);
      const groups = Map.groupBy(named, ({ document }) => document.categories![kind]);
      const sorted = [...groups].sort(([a], [b]) => compare(a, b));
      return [kind, new Map(sorted.map(([name, members]) => [name, evaluateTask({ task, documents: members })]))];
    }),
  );
}
