/** A thread that encodes and packs documents while the backend computes. */
import { workerData } from 'node:worker_threads';
import type { TokenizerSource } from '../../checkpoint/tokenizer/settings.ts';
import { loadTokenizer } from '../../checkpoint/tokenizer/tokenizer.ts';
import { answerQuestions } from '../../threads/answer.ts';
import { type Prepared, prepare } from './prepare_batches.ts';
import type { PrepareQuestion } from './prepare_pool.ts';
import { batchMemory } from './scoring_worker.ts';

const tokenizer = loadTokenizer(workerData as TokenizerSource);
// Whoever asks first is told.
tokenizer.catch(() => {});

answerQuestions(
  async ({ documents, options }: PrepareQuestion): Promise<Prepared> => prepare(await tokenizer, documents, options),
  ({ batches }) => batches.flatMap(({ batch }) => batchMemory(batch)),
);
