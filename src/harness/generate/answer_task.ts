/** A model writes its answers to the problems of one benchmark. */
import { createHash } from 'node:crypto';
import type { GradingPool } from '../../grading/pool.ts';
import type { LoadedTask } from '../load_task.ts';
import type { RunListener } from '../open_run.ts';
import type { GeneratedText, GenerationSettings } from '../record/generation.ts';
import type { GenerationRecord, TaskRecord } from '../record/run_record.ts';
import type { ScoredDocument, WrittenSample } from '../record/scored.ts';
import type { Document } from '../task/task.ts';
import { generate } from './generate.ts';
import type { GenerationWorker } from './generation_worker.ts';
import { askedHash, type Journal, type TextPlace } from './journal.ts';
import type { Prompt } from './prompts.ts';
import { sampledTask } from './sampled_task.ts';
import { uniformStream } from './sampling.ts';

/** A benchmark with the prompts of its documents. */
export interface AskedTask extends LoadedTask {
  prompts: Prompt[];
}

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
  journal: Journal;
  generation: GenerationRecord;
  options: WritingOptions;
  listener: RunListener;
}

/** Has the model write what is not in the journal yet, and grades it meanwhile. */
export async function writeTask(
  model: string,
  asked: AskedTask,
  samples: number,
  tools: WritingTools,
): Promise<TaskRecord> {
  const { task, documents, prompts, available, provenance } = asked;
  const { worker, generation, options, listener } = tools;
  const answers = findAnswers(asked, samples, tools);
  let done = answers.flat().filter((answer) => answer !== undefined).length;
  const tell = () => listener.progress(model, task, done, documents.length * samples);
  const pending = answers.flatMap((written, i) => {
    const missing = Array.from(written.keys()).filter((sample) => !written[sample]);
    return missing.length > 0 ? [{ i, missing }] : [];
  });
  const requests = pending.map(({ i, missing }) => ({
    prompt: prompts[i].tokens,
    streams: missing.map((sample) => uniformStream(generation.seed, task.name, documents[i].index, sample)),
  }));
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])]);
  const grades: Promise<void>[] = [];
  const settings: GenerationSettings = { ...generation, batchSize: options.batchSize };
  let requestTokens = 0;
  tell();
  const onText = (request: number, stream: number, text: GeneratedText) => {
    const { i, missing } = pending[request];
    requestTokens += prompts[i].tokens.length + text.tokens.length;
    const keep = async () => {
      answers[i][missing[stream]] = await gradeText(asked, i, missing[stream], text, tools);
      done++;
      tell();
    };
    grades.push(keep().catch((error) => failed.abort(error)));
  };
  // However it ends, what was written is graded and kept.
  const writing = generate(requests, worker, settings, onText, signal).finally(() => Promise.all(grades));
  const { promptTokens, tokens, steps } = await writing;
  signal.throwIfAborted();
  const tooLong = documents.filter((_, i) => !fits(prompts[i], worker));
  if (tooLong.length > 0) listener.notice(tooLongNotice(tooLong, asked, worker.contextLength));
  const counts = {
    tokens: promptTokens + tokens,
    requestTokens,
    trees: requests.length,
    batches: steps,
    truncatedDocuments: tooLong.length,
  };
  const scored = documents.map((document, i) => scoredDocument(document, prompts[i], answers[i]));
  return { task: sampledTask(task, samples), documents: scored, available, provenance, counts };
}

/** By document and sample, what needs no writing: texts of the journal, and prompts that leave no room for any. */
function findAnswers(
  asked: AskedTask,
  samples: number,
  { worker, journal }: WritingTools,
): (WrittenSample | undefined)[][] {
  return asked.documents.map((_, i) =>
    Array.from({ length: samples }, (_, sample) =>
      fits(asked.prompts[i], worker) ? journal.find(placeOf(asked, i, sample)) : notAsked,
    ),
  );
}

const notAsked: WrittenSample = {
  text: '',
  tokens: 0,
  finish: 'context',
  verdict: { correct: false, answer: null, outcome: 'prompt_too_long' },
};

function fits({ tokens }: Prompt, { contextLength }: GenerationWorker): boolean {
  return tokens.length < contextLength;
}

function placeOf({ task, documents, prompts }: AskedTask, i: number, sample: number): TextPlace {
  const { index, target } = documents[i];
  return { task: task.name, document: index, sample, asked: askedHash(prompts[i].text, target!) };
}

/** Grades a text and puts it into the journal. */
async function gradeText(
  asked: AskedTask,
  i: number,
  sample: number,
  { text, tokens, finish }: GeneratedText,
  { grading, journal, options }: WritingTools,
): Promise<WrittenSample> {
  const { grader, target } = asked.documents[i];
  const verdict = await grading.grade(grader!, target!, text);
  const graded: WrittenSample = { text, tokens: tokens.length, finish, verdict };
  const written = asked.task.confidential && !options.reveal ? hide(graded, grader === 'letter') : graded;
  journal.add(placeOf(asked, i, sample), written);
  return written;
}

/** A hash in place of what may quote the problem, as answers do that are no letters. */
function hide(written: WrittenSample, isLetter: boolean): WrittenSample {
  const { text, verdict } = written;
  const answer = isLetter ? verdict.answer : null;
  return { ...written, text: createHash('sha256').update(text).digest('hex'), verdict: { ...verdict, answer } };
}

function scoredDocument(document: Document, prompt: Prompt, written: (WrittenSample | undefined)[]): ScoredDocument {
  const samples = written.filter((sample) => sample !== undefined);
  return { document, requests: [[prompt.text, '']], scores: [], truncatedTokens: 0, samples };
}

function tooLongNotice(documents: readonly Document[], asked: AskedTask, contextLength: number): string {
  const named = documents.slice(0, 5).map(({ place }) => place);
  const more = documents.length > named.length ? `, and ${documents.length - named.length} more` : '';
  return (
    `${asked.task.name}: ${documents.length} of ${asked.documents.length} prompts left no room in the model's window ` +
    `of ${contextLength} tokens; their problems count as answered wrongly (${named.join(', ')}${more}).`
  );
}
