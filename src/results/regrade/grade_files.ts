import { HonEvalError } from '../../errors.ts';
import { GradingPool } from '../../grading/pool.ts';
import { type GraderName, graderNames } from '../../grading/verdict.ts';
import { passSizes } from '../../harness/generate/sampled_task.ts';
import type { GradedSample } from '../../harness/record/scored.ts';
import { passAtSamples, shareCorrect } from '../../metrics/pass_at_k.ts';
import { type Estimate, estimateMean } from '../../metrics/statistics.ts';
import { countBy } from '../../output/counts.ts';
import { writeWhole } from '../../output/pending_files.ts';
import { readTexts, type WrittenTexts } from '../read/texts.ts';
import { gradedLine } from './graded_line.ts';

export interface GradeOptions {
  /** `auto`: as the file says, else by letter where the right answer is one. */
  grader: GraderName | 'auto';
  /** Seconds that a comparison may take. */
  timeLimit: number;
  /** Where the file is written anew, with the new verdicts. */
  output?: string;
  /** How many texts that are not right are listed of each file; none if left out. */
  wrong?: number;
  signal?: AbortSignal;
}

/** What a samples file is worth. */
export interface GradedFile {
  file: string;
  documents: number;
  samples: number;
  /** Share of right answers. */
  exact_match: Estimate;
  /** By k; of one sample a document there is none. */
  pass_at: Record<string, Estimate>;
  /** Samples by outcome. */
  outcomes: Record<string, number>;
  /** Documents whose score is another than the file's own; null where it has none. */
  changed: number | null;
  /** The first of the texts that are not right, as many as were asked for. */
  wrong: WrongText[];
}

/** A text that is not right. */
export interface WrongText {
  doc_id: number;
  /** Which of the document's texts, from 0 on. */
  sample: number;
  /** The right answer. */
  target: string;
  /** What was taken from the text; null where it has none. */
  answer: string | null;
  outcome: string;
}

/** Grades the texts of samples files again, without a model. Throws a `results` error for files without texts. */
export async function gradeFiles(files: readonly string[], options: GradeOptions): Promise<GradedFile[]> {
  if (options.output !== undefined && files.length > 1)
    throw new HonEvalError(
      'usage',
      `--output is for the texts of one file, got ${files.length}; grade them one by one.`,
    );
  const pool = new GradingPool(options);
  try {
    const graded: GradedFile[] = [];
    for (const file of files) graded.push(await gradeFile(file, pool, options));
    return graded;
  } finally {
    await pool.close();
  }
}

async function gradeFile(file: string, pool: GradingPool, options: GradeOptions): Promise<GradedFile> {
  const documents = new Map<number, GradedDocument>();
  const gradedLines = gradeLines(file, pool, options, documents);
  if (options.output === undefined) for await (const _ of gradedLines);
  else await writeWhole(options.output, gradedLines, { signal: options.signal });
  const graded = Array.from(documents.values());
  return { ...summarise(file, graded), wrong: graded.flatMap(wrongTexts).slice(0, options.wrong ?? 0) };
}

function wrongTexts({ id, gold, verdicts }: GradedDocument): WrongText[] {
  return verdicts.flatMap(({ correct, answer, outcome }, sample) =>
    correct ? [] : [{ doc_id: id, sample, target: gold, answer, outcome }],
  );
}

type SampleVerdict = GradedSample['verdict'];

interface GradedDocument extends Pick<WrittenTexts, 'id' | 'gold'> {
  verdicts: SampleVerdict[];
  /** The file's own. */
  exactMatch: number | null;
}

/** The file's lines with the new verdicts. A document that several filters list is graded and counted once. */
async function* gradeLines(
  file: string,
  pool: GradingPool,
  options: GradeOptions,
  documents: Map<number, GradedDocument>,
): AsyncGenerator<string> {
  for await (const written of readTexts(file)) {
    const grader = chooseGrader(written, options.grader);
    const verdicts = documents.get(written.id)?.verdicts ?? (await gradeTexts(written, grader, pool));
    const { id, gold, exactMatch } = written;
    if (!documents.has(id)) documents.set(id, { id, gold, verdicts, exactMatch });
    if (options.output !== undefined) yield `${gradedLine(written, grader, verdicts)}\n`;
  }
}

function chooseGrader({ grader, gold }: WrittenTexts, chosen: GradeOptions['grader']): GraderName {
  if (chosen !== 'auto') return chosen;
  const own = graderNames.find((name) => name === grader);
  return own ?? (/^\s*\(?[A-D]\)?\s*$/.test(gold) ? 'letter' : 'math');
}

function gradeTexts({ gold, texts, details }: WrittenTexts, grader: GraderName, pool: GradingPool) {
  return Promise.all(
    texts.map((text, i): SampleVerdict | Promise<SampleVerdict> => {
      if (details[i]?.outcome === 'prompt_too_long')
        return { correct: false, answer: null, outcome: 'prompt_too_long' };
      return pool.grade(grader, gold, text);
    }),
  );
}

function summarise(file: string, documents: readonly GradedDocument[]): Omit<GradedFile, 'wrong'> {
  const scores = documents.map(({ verdicts }) => shareCorrect(verdicts));
  const all = documents.flatMap(({ verdicts }) => verdicts);
  const fewest = documents.reduce((least, { verdicts }) => Math.min(least, verdicts.length), Number.POSITIVE_INFINITY);
  const known = documents.filter(({ exactMatch }) => exactMatch !== null);
  const passes = passSizes(fewest).map((k) => [
    k,
    estimateMean(documents.map((each) => passAtSamples(each.verdicts, k))),
  ]);
  return {
    file,
    documents: documents.length,
    samples: all.length,
    exact_match: estimateMean(scores),
    pass_at: Object.fromEntries(passes),
    outcomes: countBy(all, ({ outcome }) => outcome),
    changed: known.length > 0 ? known.filter(isChanged).length : null,
  };
}

function isChanged({ verdicts, exactMatch }: GradedDocument): boolean {
  return Math.abs(shareCorrect(verdicts) - exactMatch!) > 1e-9;
}
