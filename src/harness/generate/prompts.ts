import { type ChatMessage, type ChatTemplate, withChatTemplate } from '../../checkpoint/chat_template.ts';
import type { Tokenizer } from '../../checkpoint/tokenizer/tokenizer.ts';
import { type List, LongList } from '../../long_list.ts';

/** What a model reads before it writes. */
export interface Prompt {
  text: string;
  tokens: number[];
}

export interface PromptOptions {
  /** Null for plain text. */
  template: ChatTemplate | null;
  /** What stands before every problem. */
  system?: string;
  /** What a template takes for the present. */
  now?: Date;
  signal?: AbortSignal;
}

/**
 * Problems as the model is asked them: as a user of the chat that its template writes, which has the special tokens in
 * it, or in plain text, to which the tokenizer adds its own. Throws a `checkpoint` error where the template fails.
 */
export async function makePrompts(
  problems: Iterable<string>,
  tokenizer: Pick<Tokenizer, 'encode'>,
  { template, system, now, signal }: PromptOptions,
): Promise<List<Prompt>> {
  if (!template)
    return LongList.from(problems, (problem) => {
      const text = system === undefined ? problem : `${system}\n\n${problem}`;
      return { text, tokens: tokenizer.encode(text) };
    });
  const before: ChatMessage[] = system === undefined ? [] : [{ role: 'system', content: system }];
  return withChatTemplate(template, { now, signal }, async (write) => {
    const prompts = new LongList<Prompt>();
    for (const content of problems) {
      const text = await write([...before, { role: 'user', content }]);
      prompts.push({ text, tokens: tokenizer.encode(text, { addSpecialTokens: false }) });
    }
    return prompts;
  });
}
