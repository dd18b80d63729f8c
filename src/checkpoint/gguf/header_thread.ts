/** A thread that reads the header of a GGUF file. */
import { type GGUFParseOutput, gguf } from '@huggingface/gguf';
import { answerQuestions } from '../../threads/answer.ts';

export type ParsedHeader = Pick<GGUFParseOutput, 'metadata' | 'tensorInfos' | 'tensorDataOffset'>;

answerQuestions(async (file: string): Promise<ParsedHeader> => {
  const { metadata, tensorInfos, tensorDataOffset } = await gguf(file, { allowLocalFile: true });
  return { metadata, tensorInfos, tensorDataOffset };
});
