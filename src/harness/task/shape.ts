/** Whether tasks that users bring, and the questions that they make, are what they should be. */
import { z } from 'zod';
import { HonEvalError } from '../../errors.ts';
import type { Json } from '../../json.ts';
import { check } from '../../schema.ts';
import { aggregations, metricUnits, normalizations, outputTypes, type Question, type Task } from './task.ts';

const callable = z.custom((value) => typeof value === 'function', 'expected a function');
/** A name goes into the names of files. */
const name = z.string().regex(/^(?!\.+$)[\w.-]+$/, 'expected a name of letters, digits, ".", "_" and "-"');
const label = z.string().regex(/^\P{Cc}+$/u, 'expected a text without control characters');
const json = z.custom<Json>((value) => isJson(value), 'expected what JSON can hold');
/** No data set nests its columns deeper; what holds itself does. */
const deepest = 100;

const taskShape = z
  .object({
    name,
    lmEvalName: name.optional(),
    rowsFile: name.optional(),
    title: label,
    version: z.number(),
    dataset: z
      .object({
        repo: z.string(),
        config: z.string().optional(),
        split: z.string(),
        files: z.string(),
        revision: z.string().optional(),
      })
      .optional(),
    groups: z.array(name),
    rank: z.number().optional(),
    metrics: z
      .array(name)
      .min(1)
      .refine((list) => new Set(list).size === list.length, 'names a metric twice'),
    ownMetrics: z
      .array(
        z.object({
          name,
          description: label,
          higherIsBetter: z.boolean(),
          range: z.tuple([z.number(), z.number()]).optional(),
          unit: z.enum(metricUnits).optional(),
          aggregation: z.enum(aggregations).optional(),
          score: callable,
        }),
      )
      .optional(),
    headline: name,
    output: z.enum(outputTypes).optional(),
    delimiter: z.string().optional(),
    unconditional: z.string().optional(),
    confidential: z.boolean().optional(),
    description: callable.optional(),
    shots: z
      .object({
        count: z.int().min(0).optional(),
        source: z.object({ split: z.string(), files: z.string() }).optional(),
        rows: z.array(z.record(z.string(), json)).optional(),
        sampler: z.enum(['default', 'first_n']),
        excludesAsked: z.boolean(),
        delimiter: z.string().optional(),
        answerDelimiter: z.string().optional(),
        turn: callable.optional(),
      })
      .optional(),
    question: callable,
    problem: callable.optional(),
  })
  .refine(({ metrics, headline }) => metrics.includes(headline), {
    path: ['headline'],
    error: 'expected one of its metrics',
  });

const questionShape = z.object({
  context: z.string(),
  choices: z.array(z.string()),
  gold: z.int('expected an index'),
  golds: z.array(z.int()).min(1).optional(),
  isMass: z.boolean().optional(),
  normalization: z.enum(normalizations).optional(),
  continuation: z.string().optional(),
  original: z.string().optional(),
  prefix: z.string().optional(),
  labels: z.array(z.string()).optional(),
  categories: z.record(z.string(), z.string()).optional(),
  target: z.string().optional(),
  derived: z.record(z.string(), json).optional(),
});

/** Throws a `usage` error that names the field where what a file exports is no task. */
export function checkTask(task: unknown, path: string): asserts task is Task {
  const { problem } = check(taskShape, task, { whole: 'task' });
  if (problem !== undefined)
    throw new HonEvalError('usage', `The task file ${path} exports a malformed task (${problem}).`);
}

/** The question that a task made of a row. Throws a `dataset` error that names the field where it is none. */
export function checkQuestion(made: unknown, task: Task, place: string): Question {
  const { data: question, problem } = check(questionShape, made, {
    whole: 'question',
    isConfidential: task.confidential,
  });
  if (problem !== undefined)
    throw new HonEvalError('dataset', `${place}: the task ${task.name} makes no question of it (${problem}).`);
  const { choices, gold, golds = [gold], labels, continuation } = question;
  if (choices.length === 0) throw new HonEvalError('dataset', `${place}: expected at least one choice, got none.`);
  const wrong = golds.find((each) => each < 0 || each >= choices.length);
  if (wrong !== undefined) {
    const indices = `0 to ${choices.length - 1}`;
    throw new HonEvalError('dataset', `${place}: expected the right choice to be one of ${indices}, got ${wrong}.`);
  }
  if (labels && labels.length !== choices.length)
    throw new HonEvalError(
      'dataset',
      `${place}: expected ${choices.length} labels for as many choices, got ${labels.length}.`,
    );
  const delimiter = labels || (task.output ?? 'multiple_choice') !== 'multiple_choice' ? '' : (task.delimiter ?? ' ');
  // What has a label is scored by its length.
  const empty = (continuation === undefined ? choices : [continuation]).findIndex((text) => delimiter + text === '');
  if (empty >= 0) throw new HonEvalError('dataset', `${place}: choice ${empty} is empty, so nothing would be scored.`);
  return question;
}

function isJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth > deepest) return false;
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return isPlain && Object.values(value).every((item) => isJson(item, depth + 1));
}
