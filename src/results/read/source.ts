import type { Json } from '../../json.ts';
import { objectOrNull } from '../../python/read_json.ts';
import type { Breakdown, FigureSource } from '../model_results.ts';

export type Block = NonNullable<ReturnType<typeof objectOrNull>>;

/** A results file that is being read. */
export interface ReadFile {
  file: string;
  root: Block;
  /** The samples file of a task; null where there is none. */
  findSamples(task: string): string | null;
}

/** What figures of a benchmark are of. @param block the benchmark's own results */
export function parseSource(name: string, block: Block, { file, root, findSamples }: ReadFile): FigureSource {
  const counts = objectOrNull(ofTask(root['n-samples'], name));
  const config = objectOrNull(ofTask(root.configs, name));
  const own = objectOrNull(ofTask(objectOrNull(root.hon_eval)?.tasks, name));
  return {
    file,
    size: number(counts?.effective) ?? number(block.sample_len),
    available: number(counts?.original),
    title: text(own?.title),
    headline: text(own?.headline),
    dataset: text(config?.dataset_path),
    confidential: own?.confidential === true,
    written: config?.output_type === 'generate_until',
    texts: typeof own?.samples === 'number' ? { count: own.samples, outcomes: parseCounts(own.outcomes) } : null,
    breakdown: parseBreakdown(own?.breakdown),
    delimiter: typeof config?.target_delimiter === 'string' ? config.target_delimiter : ' ',
    samplesFile: findSamples(name),
  };
}

function parseCounts(value: Json | undefined): Record<string, number> {
  const entries = Object.entries(objectOrNull(value) ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}

/** Each category has the form of a benchmark's results. */
function parseBreakdown(value: Json | undefined): Breakdown {
  return new Map(
    Object.entries(objectOrNull(value) ?? {}).map(([kind, categories]) => [
      kind,
      new Map(
        Object.entries(objectOrNull(categories) ?? {}).map(([category, figures]) => [
          category,
          objectOrNull(figures) ?? {},
        ]),
      ),
    ]),
  );
}

export function ofTask(block: Json | undefined, task: string): Json | undefined {
  const object = objectOrNull(block);
  return object && Object.hasOwn(object, task) ? object[task] : undefined;
}

export function number(value: Json | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function text(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
