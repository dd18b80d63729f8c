/** A thread that runs a checkpoint's chat template. */
import { workerData } from 'node:worker_threads';
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { strftime } from '../python/strftime.ts';
import { answerQuestions } from '../threads/answer.ts';
import type { ChatMessage, RenderingData } from './chat_template.ts';

const { template, now } = workerData as RenderingData;
/** Characters; a conversation that is longer is longer than any model's window. */
const longestText = 2 ** 24;
/** As Jinja's sandbox has it, in which transformers runs templates. */
const longestRange = 100_000;

/** What transformers defines for every template. */
const globals = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range,
  raise_exception(message: string) {
    throw new Error(message);
  },
  strftime_now: (format: string) => strftime(now ?? new Date(), format),
  tools: null,
  documents: null,
  add_generation_prompt: true,
};

let program: ReturnType<typeof parse> | undefined;

answerQuestions((messages: ChatMessage[]) => {
  program ??= parse(tokenize(template.text, { trim_blocks: true, lstrip_blocks: true }));
  const environment = new Environment();
  for (const [name, value] of Object.entries({ ...globals, ...template.specialTokens, messages }))
    environment.set(name, value);
  const text = String(new Interpreter(environment).run(program).value);
  if (text.length > longestText) throw new Error(`it writes ${text.length} characters`);
  return text;
});

function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= longestRange)) throw new Error(`range of ${length} numbers, where ${longestRange} are the most`);
  return Array.from({ length }, (_, i) => start + i * step);
}
