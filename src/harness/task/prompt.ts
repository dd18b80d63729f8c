/** What a model is asked, to the byte, as lm-evaluation-harness joins it (`ConfigurableTask.fewshot_context`). */
import { isSpace } from '../../python/text.ts';
import type { Document, Message, Task, Turn } from './task.ts';

export type Request = [context: string, continuation: string];

/** What of a task its requests depend on. */
export type AskingTask = Partial<Pick<Task, 'delimiter' | 'output' | 'metrics' | 'unconditional'>>;

/** The conversations of a document's requests: one for all of its choices, or one a choice where choices are read. */
export function conversationsOf(document: Document, task: AskingTask): Message[][] {
  const { before = [], context, choices, continuation, prefix } = document;
  if (continuation !== undefined)
    return choices.map((choice) => [...before, ...turnMessages({ question: choice, answer: null, prefix }, '', '')]);
  return [[...before, ...turnMessages({ question: context, answer: null, prefix }, task.delimiter ?? ' ', '')]];
}

export function plainText(messages: readonly Message[]): string {
  return messages.map(({ content, delimiter }) => content + delimiter).join('');
}

/**
 * One (context, continuation) pair a choice, and then one a choice without the question where the task has a metric of
 * mutual information.
 */
export function requestsOf(document: Document, task: AskingTask): Request[] {
  const { choices, continuation, prompts = conversationsOf(document, task).map(plainText) } = document;
  // A chat template ends where the answer begins.
  const delimiter = document.prompts ? '' : (task.delimiter ?? ' ');
  if (task.output === 'loglikelihood_rolling') return choices.map((text) => ['', text]);
  if (task.output === 'loglikelihood') return choices.map((text) => [prompts[0], text]);
  if (continuation !== undefined) return prompts.map((prompt) => [prompt, delimiter + continuation]);
  const requests = choices.map((choice): Request => [prompts[0], delimiter + choice]);
  if (!task.metrics?.includes('acc_mutual_info')) return requests;
  return [...requests, ...choices.map((choice): Request => [task.unconditional ?? '', delimiter + choice])];
}

/** A question, and its answer or what that begins with: `ConfigurableTask.build_qa_turn`. */
export function turnMessages({ question, answer, prefix }: Turn, answerDelimiter: string, end: string): Message[] {
  const hasAnswer = answer !== null && answer !== '';
  const isDelimited = prefix ? needsDelimiter(question, prefix) : hasAnswer;
  const asked: Message = { role: 'user', content: question, delimiter: isDelimited ? answerDelimiter : '' };
  if (hasAnswer) return [asked, { role: 'assistant', content: delimited(prefix ?? '', answer, ' '), delimiter: end }];
  return prefix ? [asked, { role: 'assistant', content: prefix, delimiter: '' }] : [asked];
}

/** `maybe_delimit`: joined by the delimiter where neither text has whitespace there. */
export function delimited(first: string, second: string, delimiter: string): string {
  if (first === '' || second === '') return first + second;
  return first + (needsDelimiter(first, second) ? delimiter : '') + second;
}

function needsDelimiter(first: string, second: string): boolean {
  return first !== '' && !isSpace(first.at(-1)!) && !isSpace(second[0]);
}
