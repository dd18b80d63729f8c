/** The chat template of a checkpoint: what puts a conversation into the words that the model was trained on. */
import { reason } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { BoundedThread, LimitError } from '../threads/bounded_thread.ts';
import { damaged, withFile } from './files.ts';
import { readTokenizerConfig, type TokenizerSource } from './tokenizer/settings.ts';
import { specialTokenTexts } from './tokenizer/tokenizer.ts';
import type { Checkpoint } from './types.ts';

export interface ChatTemplate {
  /** In Jinja. */
  text: string;
  /** The file that it came from, for messages. */
  file: string;
  /** What it can use beside the conversation: `bos_token`, `eos_token`, … */
  specialTokens: Record<string, string>;
}

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface RenderOptions {
  /** What the template takes for the present, where it asks. */
  now?: Date;
  /** Seconds that one conversation may take. */
  timeLimit?: number;
  signal?: AbortSignal;
}

/** What the thread is told at its start. */
export interface RenderingData {
  template: ChatTemplate;
  now?: Date;
}

/** Megabytes: enough for any conversation, far too little for a template that has run away. */
const memoryLimit = 128;

/**
 * The template as transformers finds it: `chat_template.jinja`, or else `chat_template` of `tokenizer_config.json`,
 * which is a text or a list of named ones, of which the one named so counts. Null where there is none. Throws a `checkpoint`
 * error where it is malformed.
 */
export async function findChatTemplate(
  checkpoint: TokenizerSource & Pick<Checkpoint, 'chatTemplateFile'>,
  name = 'default',
): Promise<ChatTemplate | null> {
  const { tokenizerConfigFile, chatTemplateFile } = checkpoint;
  if (chatTemplateFile !== undefined && name === 'default') {
    const text = await withFile(chatTemplateFile, ({ handle }) => handle.readFile('utf8'));
    return { text, file: chatTemplateFile, specialTokens: await specialTokenTexts(checkpoint) };
  }
  if (tokenizerConfigFile === undefined) return null;
  const { chat_template: template = null } = await readTokenizerConfig(tokenizerConfigFile);
  const text = configuredTemplate(template, name, tokenizerConfigFile);
  if (text === null) return null;
  return { text, file: tokenizerConfigFile, specialTokens: await specialTokenTexts(checkpoint) };
}

/**
 * Gives `work` what writes conversations as the template does, each up to where the assistant's answer begins, like
 * transformers' `apply_chat_template` with `add_generation_prompt`. The template is a program that came with the model: it
 * runs in a thread that is ended when it takes too long or too much memory. What writes throws a `checkpoint` error where
 * the template fails.
 */
export async function withChatTemplate<T>(
  template: ChatTemplate,
  { now, timeLimit = 10, signal }: RenderOptions,
  work: (write: (chat: ChatMessage[]) => Promise<string>) => Promise<T>,
): Promise<T> {
  const data: RenderingData = { template, now };
  const script = new URL('./chat_template_thread.ts', import.meta.url);
  const limits = { seconds: timeLimit, megabytes: memoryLimit };
  const thread = new BoundedThread<ChatMessage[], string>(script, { ...limits, data, signal });
  const write = async (chat: ChatMessage[]) => {
    try {
      return await thread.ask(chat);
    } catch (error) {
      signal?.throwIfAborted();
      const why = error instanceof LimitError ? error.message : `fails (${reason(error).replace(/\.$/, '')})`;
      throw damaged(template.file, `its chat template ${why}`);
    }
  };
  try {
    return await work(write);
  } finally {
    await thread.close();
  }
}

function configuredTemplate(value: Json, wanted: string, file: string): string | null {
  if (value === null || typeof value === 'string') return value;
  if (!Array.isArray(value)) throw damaged(file, 'its chat_template is neither a text nor a list of named ones');
  const named = value.filter((item): item is JsonObject => item !== null && typeof item === 'object');
  const template = named.find(({ name }) => name === wanted)?.template;
  if (typeof template === 'string') return template;
  const names = named.map(({ name }) => name).join(', ');
  throw damaged(file, `expected one of its chat templates to be named ${wanted}, got ${names || 'none'}`);
}
