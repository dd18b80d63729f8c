import type { SeriesOptions } from '../../checkpoint/series.ts';

/** Models as a command line names them. */
export interface ChosenModels {
  /** In the order in which they are run. */
  models: { name: string; place: string }[];
  /** Whether a name meant several checkpoints of a training run. */
  series: boolean;
}

/** The models that `--model` flags mean, each once: `LABEL=PLACE`, or all checkpoints of a training run. */
export async function chooseModels(flags: readonly string[], options: SeriesOptions): Promise<ChosenModels> {
  const [{ checkpointsOf }, { splitLabel }] = await Promise.all([
    import('../../checkpoint/series.ts'),
    import('../../results/names.ts'),
  ]);
  const byPlace = new Map<string, string>();
  let series = false;
  for (const { label, place } of flags.map(splitLabel)) {
    const places = await checkpointsOf(place, options);
    series ||= places.length > 1;
    // A label names one model.
    for (const each of places) byPlace.set(each, (places.length === 1 && label) || byPlace.get(each) || each);
  }
  return { models: [...byPlace].map(([place, name]) => ({ name, place })), series };
}
