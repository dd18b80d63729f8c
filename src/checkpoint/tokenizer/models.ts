import { quote } from '../safetensors/header.ts';
import { Bpe, mapOf, type Spell } from './bpe_model.ts';
import { type TokenizerDefinition, unusable } from './schema.ts';
import { createUnigram } from './unigram.ts';

/** What encodes a piece of text. */
export interface PieceModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  encode(piece: string): number[];
}

type Model = TokenizerDefinition['model'];

/**
 * @param spell What pieces are written in, which is asked once for a piece that is remembered.
 * @throws `checkpoint` where its parts do not fit together.
 */
export function createModel(model: Model, file: string, spell: Spell): PieceModel {
  if (model.type === 'BPE') return new Bpe(model, file, spell);
  const { vocabulary, encode } = model.type === 'Unigram' ? createUnigram(model, file) : createWords(model, file);
  return { vocabulary, encode: (piece) => encode(spell(piece)) };
}

function createWords(model: Extract<Model, { type: 'WordLevel' | 'WordPiece' }>, file: string): PieceModel {
  const vocabulary = mapOf(model.vocab);
  const unknown = vocabulary.get(model.unk_token);
  if (unknown === undefined)
    throw unusable(file, 'model.unk_token', `the vocabulary lacks it, ${quote(model.unk_token)}`);
  if (model.type === 'WordLevel') return { vocabulary, encode: (piece) => [vocabulary.get(piece) ?? unknown] };
  let longest = 0;
  for (const token of vocabulary.keys()) longest = Math.max(longest, token.length);
  return { vocabulary, encode: (piece) => wordPieces(piece, vocabulary, model, longest) ?? [unknown] };
}

/** The longest token at each place, or undefined where there is none. */
function wordPieces(
  piece: string,
  vocabulary: ReadonlyMap<string, number>,
  model: Extract<Model, { type: 'WordPiece' }>,
  longest: number,
): number[] | undefined {
  const characters = [...piece];
  if (characters.length > model.max_input_chars_per_word) return undefined;
  const ids: number[] = [];
  for (let start = 0; start < characters.length; ) {
    const prefix = start > 0 ? model.continuing_subword_prefix : '';
    let end = Math.min(characters.length, start + longest);
    const token = () => prefix + characters.slice(start, end).join('');
    while (end > start && !vocabulary.has(token())) end--;
    if (end === start) return undefined;
    ids.push(vocabulary.get(token())!);
    start = end;
  }
  return ids;
}
