/** A thread that encodes and packs documents while the backend computes. */
import { loadTokenizer, type Tokenizer } from '../../checkpoint/tokenizer/tokenizer.ts';
import { answerQuestions } from '../../threads/answer.ts';
import { type Prepared, prepare } from './prepare_batches.ts';
import type { PrepareQuestion } from './prepare_pool.ts';
import { batchMemory } from './scoring_worker.ts';

let tokenizer: Tokenizer | undefined;

answerQuestions(
  async ({ tokenizerFiles, documents, options }: PrepareQuestion): Promise<Prepared> => {
    tokenizer ??= await loadTokenizer(tokenizerFiles);
    return prepare(tokenizer, documents, options);
  },
  ({ batches }) => batches.flatMap(({ batch }) => batchMemory(batch)),
);
