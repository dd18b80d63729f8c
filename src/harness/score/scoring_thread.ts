/** The thread, or the process, that the backend lives in: its computation blocks, and on the main thread nothing else would move. */
import { type LoadedModel, score } from '../../backend/backend.ts';
import { findBackend } from '../../backend/index.ts';
import { buildModel } from '../../model/index.ts';
import { answerQuestions } from '../../threads/answer.ts';
import { peakMemory } from '../memory.ts';
import type { ScoringAnswer, ScoringQuestion } from './scoring_worker.ts';

let model: LoadedModel | undefined;

answerQuestions(async (question: ScoringQuestion): Promise<ScoringAnswer> => {
  if (question.kind === 'load') {
    const { backend: name, config, tensors, options } = question;
    await model?.close();
    model = undefined;
    const backend = await findBackend(name, options.device, options.dtype);
    model = await backend.load(tensors, (ops) => buildModel(ops, config).score, options);
    return { kind: 'loaded', info: model.info, freeMemory: model.freeMemory };
  }
  if (!model) throw new Error('score before load');
  const started = performance.now();
  const scores = await score(model, question.batch);
  return { kind: 'scored', scores, seconds: (performance.now() - started) / 1000, memory: peakMemory() };
});
