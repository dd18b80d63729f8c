/** A process that scores nothing: it says what it was asked, and ends itself over a batch whose first token is 13. */
import type { ScoringAnswer, ScoringQuestion } from '../../../src/harness/score/scoring_worker.ts';
import { answerQuestions } from '../../../src/threads/answer.ts';

let model = '';

answerQuestions(async (question: ScoringQuestion): Promise<ScoringAnswer> => {
  if (question.kind === 'load') {
    model = question.backend;
    if (question.config.fatal) process.kill(process.pid, 'SIGKILL');
    const { device, dtype, threads = 1 } = question.options;
    return { kind: 'loaded', info: { name: model, version: '1', device, dtype, threads } };
  }
  const [first] = question.batch.ids;
  if (first === 13) process.kill(process.pid, 'SIGKILL');
  const scores = { logProbs: Float64Array.of(first, process.pid), greedy: new Uint8Array(2) };
  return { kind: 'scored', scores, seconds: 0, memory: 1 };
});
