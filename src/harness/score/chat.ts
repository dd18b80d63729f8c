/** Questions as turns of a conversation, in the words of a model's chat template. */
import { type ChatMessage, findChatTemplate, withChatTemplate } from '../../checkpoint/chat_template.ts';
import { HonEvalError } from '../../errors.ts';
import { type List, LongList, MadeList } from '../../long_list.ts';
import type { LoadedTask } from '../load_task.ts';
import type { OpenModel } from '../open_run.ts';
import type { ChatRecord } from '../record/run_record.ts';
import { conversationsOf } from '../task/prompt.ts';
import type { Document, Message } from '../task/task.ts';

export interface ChatOptions {
  /** Name of the template where the tokenizer has several; its default one if left out. */
  name?: string;
  /** Whether shots are turns of their own; else they are one with the question. */
  multiturn: boolean;
  /** What stands before everything. */
  system?: string;
}

/** The tasks as a model is asked them: by its template where `chat` says how. Throws as `askByTemplate`. */
export async function askedTasks(
  model: OpenModel,
  tasks: readonly LoadedTask[],
  { chat, system, signal }: { chat?: Omit<ChatOptions, 'system'>; system?: string; signal?: AbortSignal },
): Promise<{ tasks: readonly LoadedTask[]; chat?: ChatRecord }> {
  return chat ? askByTemplate(model, tasks, { ...chat, system }, signal) : { tasks };
}

/**
 * The tasks with what the model reads in its template's words, up to where its answer begins: lm-evaluation-harness's
 * `apply_chat_template`. Whole texts are as they were. Throws a `checkpoint` error where the model has no template, or it
 * fails.
 */
export async function askByTemplate(
  { checkpoint }: OpenModel,
  tasks: readonly LoadedTask[],
  { name, multiturn, system }: ChatOptions,
  signal?: AbortSignal,
): Promise<{ tasks: LoadedTask[]; chat: ChatRecord }> {
  const template = await findChatTemplate(checkpoint, name);
  if (!template)
    throw new HonEvalError('checkpoint', `${checkpoint.name} has no chat template; leave out --apply-chat-template.`);
  const asked = await withChatTemplate(template, { signal }, async (write) => {
    const render = async (chat: ChatMessage[]) => {
      try {
        return await write(chat);
      } catch (error) {
        // As lm-evaluation-harness does: some templates know no such role.
        const plain = chat.filter(({ role }) => role !== 'system');
        if (plain.length === chat.length) throw error;
        return write(plain);
      }
    };
    const asked: LoadedTask[] = [];
    for (const loaded of tasks) asked.push({ ...loaded, documents: await withPrompts(loaded, multiturn, render) });
    return asked;
  });
  return { tasks: asked, chat: { template: template.text, system: system ?? null, multiturn } };
}

async function withPrompts(
  { task, documents }: LoadedTask,
  multiturn: boolean,
  render: (chat: ChatMessage[]) => Promise<string>,
): Promise<List<Document>> {
  if (task.output === 'loglikelihood_rolling') return documents;
  const prompts = new LongList<string[]>();
  for (const document of documents) {
    if (document.prefix)
      throw new HonEvalError(
        'usage',
        `${task.name} gives the beginning of the answer, which no chat template can be asked to go on with here.`,
      );
    const texts: string[] = [];
    for (const messages of conversationsOf(document, task))
      texts.push(await render(multiturn ? turns(messages) : singleTurn(messages)));
    prompts.push(texts);
  }
  return new MadeList(documents.length, (i) => ({ ...documents.at(i)!, prompts: prompts.at(i)! }));
}

function turns(messages: readonly Message[]): ChatMessage[] {
  return messages.map(({ role, content }) => ({ role, content }));
}

/** `multiturn_to_singleturn`: all but the system's words as one turn of the user. */
function singleTurn(messages: readonly Message[]): ChatMessage[] {
  const system = messages.filter(({ role }) => role === 'system');
  const others = messages.slice(system.length);
  const text = others.map(({ content, delimiter }, i) => (i < others.length - 1 ? content + delimiter : content));
  return [...turns(system), { role: 'user', content: text.join('') }];
}
