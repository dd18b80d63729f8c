/** The thread in which a model continues sequences. */
import { bytesPerToken } from '../../backend/cache.ts';
import { findBackend } from '../../backend/index.ts';
import { Sequences } from '../../backend/sequences.ts';
import { buildModel, describeModel } from '../../model/index.ts';
import { answerQuestions } from '../../threads/answer.ts';
import type { GenerationAnswer, GenerationQuestion } from './generation_worker.ts';

let sequences: Sequences | undefined;

answerQuestions(
  async (question: GenerationQuestion): Promise<GenerationAnswer> => {
    if (question.kind === 'load') {
      const { backend: name, config, tensors, options } = question;
      const backend = await findBackend(name, options.device, options.dtype);
      const decoder = await backend.loadDecoder(tensors, (ops) => buildModel(ops, config).next, options);
      sequences = new Sequences(decoder, describeModel(config).long);
      return { kind: 'loaded', info: decoder.info, bytesPerToken: bytesPerToken(decoder.entries) };
    }
    if (!sequences) throw new Error(`${question.kind} before load`);
    if (question.kind === 'put') {
      sequences.put(question.place, question.from);
      return { kind: 'put' };
    }
    const started = performance.now();
    const { tokens } = question;
    const logits = await (question.kind === 'read' ? sequences.read(tokens) : sequences.step(tokens));
    // A copy, because what a runtime gives need not be memory that can be handed over.
    return { kind: 'logits', logits: logits.slice(), seconds: (performance.now() - started) / 1000 };
  },
  (answer) => (answer.kind === 'logits' ? [answer.logits.buffer] : []),
);
