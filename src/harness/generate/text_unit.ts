/** A benchmark whose problems a model answers in writing. */
import type { GradingPool } from '../../grading/pool.ts';
import { uniformStream } from '../../random.ts';
import { sha256 } from '../../sha256.ts';
import type { UnitSettings } from '../journal/settings.ts';
import { askedHash, TextJournal, type TextPlace } from '../journal/texts.ts';
import type { LoadedTask } from '../load_task.ts';
import type { RunListener } from '../open_run.ts';
import type { GeneratedText, GenerationSettings } from '../record/generation.ts';
import type { GenerationRecord, TaskRecord, WorkCounts } from '../record/run_record.ts';
import type { GradedSample } from '../record/scored.ts';
import type { Document, Task } from '../task/task.ts';
import { type GenerationCounts, generate } from './generate.ts';
import type { GenerationWorker } from './generation_worker.ts';
import type { Prompt } from './prompts.ts';
import { sampledTask } from './sampled_task.ts';

export interface WritingOptions {
  /** Texts that are written at once. */
  batchSize?: number;
  /** Whether texts of confidential tasks are kept in clear text; else hashes of them are. */
  reveal: boolean;
  signal?: AbortSignal;
}

/** What writing takes beside the problems. */
export interface WritingTools {
  worker: GenerationWorker;
  grading: GradingPool;
  generation: GenerationRecord;
  options: WritingOptions;
  listener: RunListener;
}

/** How often a model is asked each problem, and what of a prompt it can read. */
export interface Asking {
  samples: number;
  /** The model's window, in tokens. */
  contextLength: number;
}

export class TextUnit {
  readonly task: Task;
  readonly texts: TextJournal;
  readonly #loaded: LoadedTask;
  readonly #asking: Asking;
  #prompts: readonly Prompt[] = [];

  private constructor(loaded: LoadedTask, asking: Asking, texts: TextJournal) {
    this.task = loaded.task;
    this.texts = texts;
    this.#loaded = loaded;
    this.#asking = asking;
  }

  /** Throws as `Journal.open`. */
  static async open(
    model: string,
    loaded: LoadedTask,
    settings: UnitSettings,
    asking: Asking,
    options: { folder: string; fresh: boolean },
  ): Promise<TextUnit> {
    const unit = { model, task: loaded.task.name, settings };
    return new TextUnit(loaded, asking, await TextJournal.open(unit, options));
  }

  get journal(): TextJournal['journal'] {
    return this.texts.journal;
  }

  get total(): number {
    return this.#loaded.documents.length * this.#asking.samples;
  }

  /** Asks the problems in these words, one prompt each. */
  ask(prompts: readonly Prompt[]): void {
    this.#prompts = prompts;
  }

  done(): number {
    return this.#answers()
      .flat()
      .filter((answer) => answer !== undefined).length;
  }

  /** Has the model write what the journal lacks, and grades it meanwhile. However it ends, what was written is kept. */
  async work(model: string, { worker, grading, generation, options, listener }: WritingTools): Promise<void> {
    this.journal.begin(worker.info);
    const answers = this.#answers();
    let done = answers.flat().filter((answer) => answer !== undefined).length;
    let counts: Readonly<GenerationCounts> | undefined;
    const tell = () => listener.progress(model, this.task, done, this.total, counts?.tokens ?? 0);
    const onStep = (latest: Readonly<GenerationCounts>) => {
      counts = latest;
      tell();
    };
    const pending = answers.flatMap((written, i) => {
      const missing = Array.from(written.keys()).filter((sample) => !written[sample]);
      return missing.length > 0 ? [{ i, missing }] : [];
    });
    const { documents } = this.#loaded;
    const requests = pending.map(({ i, missing }) => ({
      prompt: this.#prompts[i].tokens,
      streams: missing.map((sample) => uniformStream(generation.seed, this.task.name, documents.at(i)!.index, sample)),
    }));
    const failed = new AbortController();
    const signal = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])]);
    const grades: Promise<void>[] = [];
    const settings: GenerationSettings = { ...generation, batchSize: options.batchSize };
    tell();
    const onText = (request: number, stream: number, text: GeneratedText) => {
      const { i, missing } = pending[request];
      const keep = async () => {
        this.texts.append(this.#placeOf(i, missing[stream]), await this.#grade(i, text, grading, options));
        done++;
        tell();
      };
      grades.push(keep().catch((error) => failed.abort(error)));
    };
    await generate(requests, worker, settings, onText, { onStep, signal }).finally(() => Promise.all(grades));
    signal.throwIfAborted();
    const tooLong = documents.filter((_, i) => !this.#fits(i));
    if (tooLong.length > 0) listener.notice(this.#tooLongNotice(tooLong));
  }

  /** Everything that came of it. All texts have to be there. */
  record(): TaskRecord {
    const { task, documents, available, provenance } = this.#loaded;
    const answers = this.#answers();
    const scored = documents.map((document, i) => ({
      document,
      requests: [[this.#prompts[i].text, ''] satisfies [string, string]],
      scores: [],
      truncatedTokens: 0,
      samples: answers[i].filter((sample) => sample !== undefined),
    }));
    const counts = this.#counts(answers);
    return { task: sampledTask(task, this.#asking.samples), documents: scored, available, provenance, counts };
  }

  /** By document and sample, what needs no writing: texts of the journal, and prompts that leave no room for any. */
  #answers(): (GradedSample | undefined)[][] {
    return this.#loaded.documents.map((_, i) =>
      Array.from({ length: this.#asking.samples }, (_, sample) =>
        this.#fits(i) ? this.texts.find(this.#placeOf(i, sample)) : notAsked,
      ),
    );
  }

  #counts(answers: readonly (GradedSample | undefined)[][]): WorkCounts {
    const counts = { tokens: 0, requestTokens: 0, trees: 0, batches: null, truncatedDocuments: 0 };
    for (const [i, { tokens }] of this.#prompts.entries()) {
      if (!this.#fits(i)) {
        counts.truncatedDocuments++;
        continue;
      }
      counts.trees++;
      counts.tokens += tokens.length;
      for (const sample of answers[i].filter((each) => each !== undefined)) {
        // The token that ends a text is written too.
        counts.tokens += sample.tokens + (sample.finish === 'eos' ? 1 : 0);
        counts.requestTokens += tokens.length + sample.tokens;
      }
    }
    return counts;
  }

  #fits(i: number): boolean {
    return this.#prompts[i].tokens.length < this.#asking.contextLength;
  }

  #placeOf(i: number, sample: number): TextPlace {
    const { index, target } = this.#loaded.documents.at(i)!;
    return { document: index, sample, asked: askedHash(this.#prompts[i].text, target!) };
  }

  async #grade(
    i: number,
    { text, tokens, finish }: GeneratedText,
    grading: GradingPool,
    { reveal }: WritingOptions,
  ): Promise<GradedSample> {
    const { grader, target } = this.#loaded.documents.at(i)!;
    const verdict = await grading.grade(grader!, target!, text);
    const graded: GradedSample = { text, tokens: tokens.length, finish, verdict };
    return this.task.confidential && !reveal ? hide(graded, grader === 'letter') : graded;
  }

  #tooLongNotice(documents: readonly Document[]): string {
    const named = documents.slice(0, 5).map(({ place }) => place);
    const more = documents.length > named.length ? `, and ${documents.length - named.length} more` : '';
    return (
      `${this.task.name}: ${documents.length} of ${this.#loaded.documents.length} prompts left no room in the model's ` +
      `window of ${this.#asking.contextLength} tokens; their problems count as answered wrongly ` +
      `(${named.join(', ')}${more}).`
    );
  }
}

const notAsked: GradedSample = {
  text: '',
  tokens: 0,
  finish: 'context',
  verdict: { correct: false, answer: null, outcome: 'prompt_too_long' },
};

/** A hash in place of what may quote the problem, as answers do that are no letters. */
function hide(written: GradedSample, isLetter: boolean): GradedSample {
  const { text, verdict } = written;
  const answer = isLetter ? verdict.answer : null;
  return { ...written, text: sha256(text), verdict: { ...verdict, answer } };
}
