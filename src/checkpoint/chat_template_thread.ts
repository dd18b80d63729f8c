/** A thread that runs a checkpoint's chat template. */
import { workerData } from 'node:worker_threads';
import { answerQuestions } from '../threads/answer.ts';
import type { ChatMessage, RenderingData } from './chat_template.ts';
import { compileChatTemplate } from './chat_template_program.ts';

const { template, now } = workerData as RenderingData;
let write: ReturnType<typeof compileChatTemplate> | undefined;

answerQuestions((messages: ChatMessage[]) => {
  write ??= compileChatTemplate(template, now);
  return write(messages);
});
