/** A thread that decodes a Parquet file. */
import { workerData } from 'node:worker_threads';
import { answerQuestions } from '../threads/answer.ts';
import type { ParquetAnswer, ParquetQuestion } from './parquet.ts';
import { ParquetFile } from './parquet_file.ts';

let file: Promise<ParquetFile> | undefined;

answerQuestions(async (question: ParquetQuestion): Promise<ParquetAnswer> => {
  file ??= ParquetFile.open(workerData as string);
  const { groups } = await file;
  return question === 'groups' ? groups : (await file).rows(question.group, question.count);
});
