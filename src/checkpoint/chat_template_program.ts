/** A checkpoint's chat template as a function. It is a program that came with the model: see `withChatTemplate`. */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { strftime } from '../python/strftime.ts';
import type { ChatMessage, ChatTemplate } from './chat_template.ts';

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
  tools: null,
  documents: null,
  add_generation_prompt: true,
};

/**
 * What writes conversations. Throws an error of the library's where the text is no template; so does what it returns.
 * @param now What the template takes for the present; the time of each call if left out.
 */
export function compileChatTemplate(
  { text, specialTokens }: ChatTemplate,
  now?: Date,
): (messages: ChatMessage[]) => string {
  const program = parse(tokenize(text, { trim_blocks: true, lstrip_blocks: true }));
  const strftime_now = (format: string) => strftime(now ?? new Date(), format);
  return (messages) => {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...globals, strftime_now, ...specialTokens, messages }))
      environment.set(name, value);
    const written = String(new Interpreter(environment).run(program).value);
    if (written.length > longestText) throw new Error(`it writes ${written.length} characters`);
    return written;
  };
}

function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= longestRange)) throw new Error(`range of ${length} numbers, where ${longestRange} are the most`);
  return Array.from({ length }, (_, i) => start + i * step);
}
