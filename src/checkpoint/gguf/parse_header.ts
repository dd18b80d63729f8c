import { type GGUFParseOutput, gguf } from '@huggingface/gguf';

export type ParsedHeader = Pick<GGUFParseOutput, 'metadata' | 'tensorInfos' | 'tensorDataOffset'>;

/** What the library makes of a header. A damaged one can have it go on for ever, and whatever it throws is about the file. */
export async function parseHeader(file: string): Promise<ParsedHeader> {
  const { metadata, tensorInfos, tensorDataOffset } = await gguf(file, { allowLocalFile: true });
  return { metadata, tensorInfos, tensorDataOffset };
}
