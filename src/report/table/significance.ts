import { differenceOf, pairBenchmark, pValueOf, type TestName, testOf } from '../../compare/pairing.ts';
import { HonEvalError } from '../../errors.ts';
import { averageDifference, type Difference, holm, studentPValue } from '../../metrics/inference/paired.ts';
import { averaged } from '../../results/averaged.ts';
import { type Benchmark, figureOf } from '../../results/benchmarks.ts';
import type { ModelResults } from '../../results/model_results.ts';
import { seriesName } from '../../results/names.ts';
import { KnownOutcomes, type readOutcomes } from '../../results/read/outcomes.ts';
import { nominalSize } from '../../results/scale.ts';
import type { Estimate, TableModel, TableRow } from './table_model.ts';

const otherFamilies =
  'Models of other families are not tested against each other; --baseline NAME tests all against one.';

/** What a significant difference has for a mark. */
const mark = '*';

/** Marks figures that differ significantly from those of a baseline, and remembers how they were tested. */
export class Marker {
  readonly #benchmarks: readonly Benchmark[];
  readonly #alpha: number;
  readonly #read: typeof readOutcomes;
  readonly #problems = new Set<string>();
  readonly #tests = new Set<TestName>();
  #severalFamilies = false;

  constructor(benchmarks: readonly Benchmark[], alpha: number, read = new KnownOutcomes().read) {
    this.#benchmarks = benchmarks;
    this.#alpha = alpha;
    this.#read = read;
  }

  /** Tests each model of a group against the first one of its family. */
  async markGroup(rows: readonly TableRow[], models: readonly ModelResults[]): Promise<void> {
    for (const [i, model] of models.entries()) {
      const baseline = firstOfFamily(model, models);
      if (baseline !== models[0]) this.#severalFamilies = true;
      if (baseline !== model) await this.mark(rows[i], baseline, model);
    }
  }

  async mark(row: TableRow, baseline: ModelResults, model: ModelResults): Promise<void> {
    const tested: { benchmark: Benchmark; figure: Estimate; pValue: number; difference: Difference }[] = [];
    for (const [i, benchmark] of this.#benchmarks.entries()) {
      const figure = row.cells[i];
      if (!figure || !figureOf(baseline, benchmark)) continue;
      const result = await this.#test(baseline, model, benchmark);
      if (result) tested.push({ benchmark, figure, ...result });
    }
    const adjusted = holm(tested.map(({ pValue }) => pValue));
    for (const [i, { figure }] of tested.entries()) if (adjusted[i] <= this.#alpha) setMark(figure);
    const members = averaged(this.#benchmarks);
    const parts = tested.filter(({ benchmark }) => members.includes(benchmark));
    if (!row.average || parts.length < members.length) return;
    const pValue = studentPValue(averageDifference(parts.map(({ difference }) => difference)));
    if (pValue !== null && pValue <= this.#alpha) setMark(row.average);
  }

  async #test(first: ModelResults, second: ModelResults, benchmark: Benchmark) {
    try {
      const pair = await pairBenchmark(first, second, benchmark, this.#read);
      const pValue = pValueOf(pair);
      if (pValue === null) return null;
      this.#tests.add(testOf(pair));
      return { pValue, difference: differenceOf(pair) };
    } catch (error) {
      if (!(error instanceof HonEvalError)) throw error;
      this.#problems.add(`Not tested: ${error.message}`);
      return null;
    }
  }

  /** @param baseline what all figures were tested against; null for the first row of each group */
  notes({ rows, groupTitle }: TableModel, baseline: string | null): string[] {
    const marked = rows.some(({ cells, average }) =>
      [...cells, average].some((figure) => figure?.mark?.includes(mark)),
    );
    const first = `${groupTitle ? "its group's" : 'the'} first row${this.#severalFamilies ? ' of its family' : ''}`;
    const differs = `${marked ? `${mark} differs` : 'No figure differs'} from ${baseline ?? first}`;
    const tests = [...this.#tests].join('; ');
    return [
      ...(tests
        ? [`${differs} at ${this.#alpha}, Holm-corrected over the row (${tests}; of the average Student's t)`]
        : []),
      ...(this.#severalFamilies && baseline === null ? [otherFamilies] : []),
      ...this.#problems,
    ];
  }
}

function setMark(figure: Estimate): void {
  figure.mark = mark + (figure.mark ?? '');
}

/**
 * Families are told by how names begin, apart from the size. A Hon model that begins like none is held against the first
 * of its group.
 */
function firstOfFamily(model: ModelResults, models: readonly ModelResults[]): ModelResults {
  const family = familyOf(model);
  const first = models.find((other) => family === null || familyOf(other) === null || familyOf(other) === family)!;
  return first === model && model.honSetting ? models[0] : first;
}

/** `pythia` of `EleutherAI/pythia-70m`; null where a name does not say its size, as a label such as `new`. */
function familyOf({ name }: ModelResults): string | null {
  if (nominalSize(name) === null) return null;
  return /^[a-z]+/i.exec(seriesName({ name, honSetting: null }))?.[0].toLowerCase() ?? null;
}
