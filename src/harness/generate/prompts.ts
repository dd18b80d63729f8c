import { type ChatMessage, type ChatTemplate, renderChats } from '../../checkpoint/chat_template.ts';
import type { Tokenizer } from '../../checkpoint/tokenizer/tokenizer.ts';

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
  problems: readonly string[],
  tokenizer: Pick<Tokenizer, 'encode'>,
  { template, system, now, signal }: PromptOptions,
): Promise<Prompt[]> {
  if (!template) {
    const texts = problems.map((problem) => (system === undefined ? problem : `${system}\n\n${problem}`));
    return texts.map((text) => ({ text, tokens: tokenizer.encode(text) }));
  }
  const before: ChatMessage[] = system === undefined ? [] : [{ role: 'system', content: system }];
  const chats = problems.map((content): ChatMessage[] => [...before, { role: 'user', content }]);
  const texts = await renderChats(template, chats, { now, signal });
  return texts.map((text) => ({ text, tokens: tokenizer.encode(text, { addSpecialTokens: false }) }));
}
