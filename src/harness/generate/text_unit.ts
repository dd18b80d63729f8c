/** A benchmark whose problems a model answers in writing. */
import type { GradingPool } from '../../grading/pool.ts';
import { type List, MadeList } from '../../long_list.ts';
import { uniformStream } from '../../random.ts';
import { sha256 } from '../../sha256.ts';
import type { UnitSettings } from '../journal/settings.ts';
import { askedHash, TextJournal, type TextPlace } from '../journal/texts.ts';
import type { LoadedTask } from '../load_task.ts';
import type { RunListener } from '../open_run.ts';
import type { GeneratedText, GenerationSettings } from '../record/generation.ts';
import type { GenerationRecord, TaskRecord, WorkCounts } from '../record/run_record.ts';
import type { GradedSample, ScoredDocument } from '../record/scored.ts';
import type { Document, Task } from '../task/task.ts';
import { type GenerationCounts, type GenerationRequest, generate } from './generate.ts';
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

/** A problem as a model is asked it. */
interface Problem {
  document: Document;
  prompt: Prompt;
  /** sha256 of all that a text to it depends on. */
  asked: string;
  /** Whether the prompt leaves the model room to write. */
  fits: boolean;
}

export class TextUnit {
  readonly task: Task;
  readonly texts: TextJournal;
  readonly #loaded: LoadedTask;
  readonly #asking: Asking;
  #prompts: List<Prompt> = [];
  /** Texts that need no writing. */
  #done = 0;

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
  ask(prompts: List<Prompt>): void {
    this.#prompts = prompts;
    this.#done = 0;
    for (const problem of this.#problems()) this.#done += this.#asking.samples - this.#missingOf(problem).length;
  }

  done(): number {
    return this.#done;
  }

  /** Has the model write what the journal lacks, and grades it meanwhile. However it ends, what was written is kept. */
  async work(model: string, { worker, grading, generation, options, listener }: WritingTools): Promise<void> {
    this.journal.begin(worker.info);
    let counts: Readonly<GenerationCounts> | undefined;
    const tell = () => listener.progress(model, this.task, this.#done, this.total, counts?.tokens ?? 0);
    const onStep = (latest: Readonly<GenerationCounts>) => {
      counts = latest;
      tell();
    };
    const failed = new AbortController();
    const signal = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])]);
    const grades = new Set<Promise<void>>();
    const settings: GenerationSettings = { ...generation, batchSize: options.batchSize };
    tell();
    const onText = ({ problem, missing }: TextRequest, stream: number, text: GeneratedText) => {
      const keep = async () => {
        this.texts.append(placeOf(problem, missing[stream]), await this.#grade(problem, text, grading, options));
        this.#done++;
        tell();
      };
      const kept = keep()
        .catch((error) => failed.abort(error))
        .finally(() => grades.delete(kept));
      grades.add(kept);
    };
    const requests = this.#requests(generation.seed);
    await generate(requests, worker, settings, onText, { onStep, signal }).finally(() => Promise.all(grades));
    signal.throwIfAborted();
    const notice = this.#tooLongNotice();
    if (notice) listener.notice(notice);
  }

  /** Everything that came of it. All texts have to be there. */
  record(): TaskRecord {
    const { task, documents, available, provenance } = this.#loaded;
    const samples = Array.from({ length: this.#asking.samples }, (_, sample) => sample);
    const scored = new MadeList(documents.length, (i): ScoredDocument => {
      const problem = this.#problem(documents.at(i)!, this.#prompts.at(i)!);
      return {
        document: problem.document,
        requests: [[problem.prompt.text, '']],
        scores: [],
        truncatedTokens: 0,
        samples: samples.map((sample) => (problem.fits ? this.texts.find(placeOf(problem, sample))! : notAsked)),
      };
    });
    const counts = this.#counts(scored);
    return { task: sampledTask(task, samples.length), documents: scored, available, provenance, counts };
  }

  *#problems(): Generator<Problem> {
    let i = 0;
    for (const document of this.#loaded.documents) yield this.#problem(document, this.#prompts.at(i++)!);
  }

  #problem(document: Document, prompt: Prompt): Problem {
    const fits = prompt.tokens.length < this.#asking.contextLength;
    return { document, prompt, asked: askedHash(prompt.text, document.target!), fits };
  }

  /** Samples of a problem that are still to be written. */
  #missingOf(problem: Problem): number[] {
    if (!problem.fits) return [];
    const samples = Array.from({ length: this.#asking.samples }, (_, sample) => sample);
    return samples.filter((sample) => !this.texts.has(placeOf(problem, sample)));
  }

  *#requests(seed: number): Generator<TextRequest> {
    for (const problem of this.#problems()) {
      const missing = this.#missingOf(problem);
      const stream = (sample: number) => uniformStream(seed, this.task.name, problem.document.index, sample);
      if (missing.length > 0) yield { problem, missing, prompt: problem.prompt.tokens, streams: missing.map(stream) };
    }
  }

  #counts(documents: List<ScoredDocument>): WorkCounts {
    const counts = { tokens: 0, requestTokens: 0, trees: 0, batches: null, truncatedDocuments: 0 };
    let i = 0;
    for (const { samples = [] } of documents) {
      const prompt = this.#prompts.at(i++)!.tokens.length;
      if (prompt >= this.#asking.contextLength) {
        counts.truncatedDocuments++;
        continue;
      }
      counts.trees++;
      counts.tokens += prompt;
      for (const sample of samples) {
        // The token that ends a text is written too.
        counts.tokens += sample.tokens + (sample.finish === 'eos' ? 1 : 0);
        counts.requestTokens += prompt + sample.tokens;
      }
    }
    return counts;
  }

  async #grade(
    { document: { grader, target } }: Problem,
    { text, tokens, finish }: GeneratedText,
    grading: GradingPool,
    { reveal }: WritingOptions,
  ): Promise<GradedSample> {
    const verdict = await grading.grade(grader!, target!, text);
    const graded: GradedSample = { text, tokens: tokens.length, finish, verdict };
    return this.task.confidential && !reveal ? hide(graded, grader === 'letter') : graded;
  }

  /** What is said of prompts that leave no room, if any does not. */
  #tooLongNotice(): string | undefined {
    const named: string[] = [];
    let count = 0;
    for (const { fits, document } of this.#problems()) if (!fits && ++count <= 5) named.push(document.place);
    if (count === 0) return undefined;
    const more = count > named.length ? `, and ${count - named.length} more` : '';
    return (
      `${this.task.name}: ${count} of ${this.#loaded.documents.length} prompts left no room in the model's ` +
      `window of ${this.#asking.contextLength} tokens; their problems count as answered wrongly ` +
      `(${named.join(', ')}${more}).`
    );
  }
}

/** Texts to a problem that are to be written. */
interface TextRequest extends GenerationRequest {
  problem: Problem;
  /** Which samples, one a stream. */
  missing: number[];
}

function placeOf({ document, asked }: Problem, sample: number): TextPlace {
  return { document: document.index, sample, asked };
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
