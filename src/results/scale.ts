import type { HonSetting } from '../model/hon.ts';
import { trainingStep } from '../training_step.ts';
import type { ModelResults } from './model_results.ts';

/** Models of about one size, which are held against each other. */
export interface ScaleGroup {
  /** As models are named: `70M`, `1.4B`; null where no size is known. */
  label: string | null;
  models: ModelResults[];
}

/** Hon's inner projections add up to a fifth of the parameters; the next larger Pythia has 1.4 times as many. */
const sameScale = 1.3;

/**
 * The models by size, small to large, and in each group by attention, standard first, as in the paper's tables.
 * Checkpoints of one training run are in the order of their steps.
 */
export function groupByScale(models: readonly ModelResults[]): ScaleGroup[] {
  const sized = models.map((model) => ({ model, size: sizeOf(model) }));
  const known = sized.filter(({ size }) => size !== null).sort((a, b) => a.size! - b.size!);
  const groups: { least: number; models: ModelResults[] }[] = [];
  for (const { model, size } of known) {
    const last = groups.at(-1);
    if (last && size! <= last.least * sameScale) last.models.push(model);
    else groups.push({ least: size!, models: [model] });
  }
  const others = sized.filter(({ size }) => size === null).map(({ model }) => model);
  return [
    ...groups.map((group) => ({ label: scaleLabel(group.models, group.least), models: inOrder(group.models, models) })),
    ...(others.length > 0 ? [{ label: null, models: inOrder(others, models) }] : []),
  ];
}

/** Whether a model is of a nominal size such as `70M`. */
export function hasScale(model: ModelResults, label: string): boolean {
  const size = sizeOf(model);
  const nominal = nominalSize(label);
  return size !== null && nominal !== null && size < nominal * sameScale && nominal < size * sameScale;
}

function sizeOf({ parameters, ownName, base }: ModelResults): number | null {
  return parameters ?? nominalSize(ownName) ?? (base === null ? null : nominalSize(base));
}

/** A size in a model's name, after a beginning or a separator: `70m`, `1.5B`, `0_5b`, and `1b1` as BLOOM has it. */
export const sizeInName = /(^|[^a-z0-9.])(\d+(?:[._]\d+)?)([mb])(\d)?(?![a-z0-9])/i;

/** The size in a model's name, in parameters: 70e6 of `EleutherAI/pythia-70m@step143000`. */
export function nominalSize(name: string): number | null {
  const match = sizeInName.exec(name.split('/').at(-1)!.split('@')[0]);
  if (!match) return null;
  const [, , whole, unit, tenths] = match;
  const count = Number(tenths === undefined ? whole.replace('_', '.') : `${whole}.${tenths}`);
  return Math.round(count * (unit.toLowerCase() === 'm' ? 1e6 : 1e9));
}

function scaleLabel(models: readonly ModelResults[], least: number): string {
  const named = models.flatMap(({ ownName }) => nominalSize(ownName) ?? []);
  const size = named[0] ?? Number(least.toPrecision(2));
  if (size >= 1e9) return `${size / 1e9}B`;
  if (size >= 1e6) return `${size / 1e6}M`;
  return size >= 1e3 ? `${size / 1e3}K` : String(size);
}

function inOrder(group: readonly ModelResults[], given: readonly ModelResults[]): ModelResults[] {
  const run = ({ name }: ModelResults) => trainingStep(name)?.run ?? name;
  const step = ({ name }: ModelResults) => trainingStep(name)?.step ?? 0;
  const place = new Map<string, number>();
  for (const [i, model] of given.entries()) if (!place.has(run(model))) place.set(run(model), i);
  return group.toSorted(
    (a, b) =>
      honRank(a.honSetting) - honRank(b.honSetting) ||
      place.get(run(a))! - place.get(run(b))! ||
      step(a) - step(b) ||
      given.indexOf(a) - given.indexOf(b),
  );
}

/** The order of Table 2: standard; separate with one, two, three projections; shared; recursive. */
function honRank(setting: HonSetting | null): number {
  if (!setting) return 0;
  const kind = { separate: 1, shared: 2, self: 3 }[setting.inner];
  return kind * 1000 + setting.order * 10 + setting.projections.length;
}
