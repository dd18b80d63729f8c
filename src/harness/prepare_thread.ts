/** A thread that encodes and packs documents while the backend computes. */
import { loadTokenizer, type Tokenizer } from '../checkpoint/tokenizer.ts';
import { batchMemory } from './model_worker.ts';
import { type Prepared, prepare } from './prepare.ts';
import type { PrepareQuestion } from './prepare_pool.ts';
import { answerQuestions } from './thread.ts';

let tokenizer: Tokenizer | undefined;

answerQuestions(
  async ({ tokenizerFiles, documents, delimiter, options }: PrepareQuestion): Promise<Prepared> => {
    tokenizer ??= await loadTokenizer(tokenizerFiles);
    return prepare(tokenizer, documents, delimiter, options);
  },
  ({ batches }) => batches.flatMap(({ batch }) => batchMemory(batch)),
);
