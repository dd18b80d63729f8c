/** The chat template of a checkpoint: what puts a conversation into the words that the model was trained on. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { HonEvalError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
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

/** What the thread answers to a conversation. */
export type Rendered = { text: string } | { problem: string };

/** Enough for any conversation, far too little for a template that has run away. */
const memoryLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };

/**
 * The template as transformers finds it: `chat_template.jinja`, or else `chat_template` of `tokenizer_config.json`,
 * which is a text or a list of named ones, of which the default counts. Null where there is none. Throws a `checkpoint`
 * error where it is malformed.
 */
export async function findChatTemplate(
  checkpoint: TokenizerSource & Pick<Checkpoint, 'chatTemplateFile'>,
): Promise<ChatTemplate | null> {
  const { tokenizerConfigFile, chatTemplateFile } = checkpoint;
  if (chatTemplateFile !== undefined) {
    const text = await withFile(chatTemplateFile, ({ handle }) => handle.readFile('utf8'));
    return { text, file: chatTemplateFile, specialTokens: await specialTokenTexts(checkpoint) };
  }
  if (tokenizerConfigFile === undefined) return null;
  const { chat_template: template = null } = await readTokenizerConfig(tokenizerConfigFile);
  const text = configuredTemplate(template, tokenizerConfigFile);
  if (text === null) return null;
  return { text, file: tokenizerConfigFile, specialTokens: await specialTokenTexts(checkpoint) };
}

/**
 * Conversations as the template writes them, each up to where the assistant's answer begins, like transformers'
 * `apply_chat_template` with `add_generation_prompt`. The template is a program that came with the model: it runs in a
 * thread that is ended when it takes too long or too much memory. Throws a `checkpoint` error where it fails.
 */
export async function renderChats(
  template: ChatTemplate,
  chats: readonly ChatMessage[][],
  options: RenderOptions = {},
): Promise<string[]> {
  const { now, timeLimit = 10, signal } = options;
  signal?.throwIfAborted();
  const script = new URL(`./chat_template_thread${extname(import.meta.url)}`, import.meta.url);
  const workerData: RenderingData = { template, now };
  const worker = new Worker(script, { workerData, resourceLimits: memoryLimits });
  try {
    const texts: string[] = [];
    for (const chat of chats) {
      const rendered = await ask(worker, chat, timeLimit, signal);
      if ('problem' in rendered) throw damaged(template.file, `its chat template fails (${rendered.problem})`);
      texts.push(rendered.text);
    }
    return texts;
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof HonEvalError
      ? error
      : damaged(template.file, `its chat template ${(error as Error).message}`);
  } finally {
    await worker.terminate();
  }
}

/** Rejects with the end of a sentence about the template where the thread does not answer. */
function ask(worker: Worker, chat: ChatMessage[], seconds: number, signal?: AbortSignal): Promise<Rendered> {
  const { promise, resolve, reject } = Promise.withResolvers<Rendered>();
  const timer = setTimeout(() => reject(new Error(`does not end within ${seconds} s`)), seconds * 1000);
  const stop = () => reject(signal?.reason);
  const fail = (error: NodeJS.ErrnoException) => {
    const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    reject(new Error(memory ? 'takes too much memory' : `fails (${error.message})`));
  };
  worker.once('message', resolve).once('error', fail);
  signal?.addEventListener('abort', stop, { once: true });
  worker.postMessage(chat);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.off('message', resolve).off('error', fail);
    signal?.removeEventListener('abort', stop);
  });
}

function configuredTemplate(value: Json, file: string): string | null {
  if (value === null || typeof value === 'string') return value;
  if (!Array.isArray(value)) throw damaged(file, 'its chat_template is neither a text nor a list of named ones');
  const named = value.filter((item): item is JsonObject => item !== null && typeof item === 'object');
  const template = named.find(({ name }) => name === 'default')?.template;
  if (typeof template === 'string') return template;
  const names = named.map(({ name }) => name).join(', ');
  throw damaged(file, `expected one of its chat templates to be the default, got ${names || 'none'}`);
}
