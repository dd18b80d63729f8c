/** Which rows stand before a question: lm-evaluation-harness's samplers (lm_eval/api/samplers.py). */
import type { Row } from '../../dataset/row.ts';
import { HonEvalError } from '../../errors.ts';
import { PythonRandom } from '../../python/random.ts';
import { delimited, turnMessages } from './prompt.ts';
import type { Message, Question, Shuffle, Task, Turn } from './task.ts';

export interface ShotOptions {
  /** How many; the task's own number if left out. */
  count?: number;
  /** Of the generator that draws them. */
  seed?: number;
  /** What stands before everything, and before the task's own description. */
  system?: string;
}

/** lm-evaluation-harness's `--seed`, as far as it is about shots. */
const defaultShotSeed = 1234;

/** Shots of every question of a task. lm-evaluation-harness leaves a task at 0 that says so itself. */
export function shotCount(task: Task, asked?: number): number {
  const own = task.shots?.count;
  return own === 0 || asked === undefined ? (own ?? 0) : asked;
}

/**
 * What stands before each row of a task, the rows in the order in which they are asked: the generator goes on from one
 * to the next.
 * @param pool The rows that shots are drawn from.
 */
export class Preamble {
  readonly #task: Task;
  readonly #count: number;
  readonly #system: string;
  readonly #pool: readonly Row[];
  readonly #keys: ReadonlyMap<Row, string>;
  readonly #random: PythonRandom;
  readonly #shuffle: Shuffle;
  readonly #shown = new Map<Row, Message[]>();
  #last: Message[] = [];

  constructor(task: Task, pool: readonly Row[], shuffle: Shuffle, options: ShotOptions = {}) {
    this.#task = task;
    this.#count = shotCount(task, options.count);
    this.#system = options.system ?? '';
    this.#pool = pool;
    this.#keys = new Map(task.shots?.excludesAsked ? pool.map((row) => [row, keyOf(row)]) : []);
    this.#random = new PythonRandom(options.seed ?? defaultShotSeed);
    this.#shuffle = shuffle;
  }

  /** The same array as for the row before, where it holds the same. */
  before(row: Row): Message[] {
    const { shots, description } = this.#task;
    const delimiter = shots?.delimiter ?? '\n\n';
    const system = delimited(this.#system, description?.(row) ?? '', delimiter);
    const opening: Message[] = system === '' ? [] : [{ role: 'system', content: system, delimiter: '' }];
    const messages = [...opening, ...this.#draw(row).flatMap((shot) => this.#show(shot, delimiter))];
    const isSame =
      messages.length === this.#last.length && messages.every((message, i) => isEqual(message, this.#last[i]));
    if (!isSame) this.#last = messages;
    return this.#last;
  }

  #show(shot: Row, delimiter: string): Message[] {
    const known = this.#shown.get(shot);
    if (known) return known;
    const { shots, delimiter: own = ' ' } = this.#task;
    const turn = shots?.turn?.(shot) ?? turnOf(this.#task.question(shot, this.#shuffle));
    const messages = turnMessages(turn, shots?.answerDelimiter ?? own, delimiter);
    this.#shown.set(shot, messages);
    return messages;
  }

  #draw(row: Row): readonly Row[] {
    const count = this.#count;
    if (count === 0) return [];
    const { sampler, excludesAsked } = this.#task.shots!;
    const asked = excludesAsked ? keyOf(row) : undefined;
    const others = (rows: readonly Row[]) =>
      asked === undefined ? rows : rows.filter((each) => this.#keys.get(each) !== asked);
    if (sampler === 'first_n') return this.#enough(others(this.#pool), count).slice(0, count);
    if (asked === undefined) return this.#random.sample(this.#enough(this.#pool, count), count);
    const drawn = others(this.#random.sample(this.#enough(this.#pool, count + 1), count + 1)).slice(0, count);
    return drawn.length === count ? drawn : this.#random.sample(this.#enough(others(this.#pool), count), count);
  }

  #enough(rows: readonly Row[], count: number): readonly Row[] {
    if (rows.length >= count) return rows;
    const { name } = this.#task;
    throw new HonEvalError(
      'dataset',
      `${name} has ${rows.length} rows to take shots from, and ${count} are needed for --num-fewshot ${this.#count}.`,
    );
  }
}

/** Two rows with equal keys are equal to Python. */
function keyOf(row: Row): string {
  return JSON.stringify(row.json);
}

function isEqual(a: Message, b: Message): boolean {
  return a.content === b.content && a.delimiter === b.delimiter && a.role === b.role;
}

/** A question with its right choice. */
export function turnOf({ context, choices, gold, continuation, prefix }: Question): Turn {
  if (continuation !== undefined) return { question: choices[gold], answer: continuation, prefix };
  return { question: context, answer: choices[gold], prefix };
}
