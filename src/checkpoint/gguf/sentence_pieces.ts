/** A SentencePiece vocabulary as a byte-pair one, as transformers converts Llama's (convert_slow_tokenizer.py). */
import type { JsonObject } from '../../json.ts';
import type { Vocabulary } from './vocabulary.ts';

/** llama.cpp's `llama_token_type` of an ordinary piece. */
const normalType = 1;

export function sentencePieceDefinition(data: Vocabulary): JsonObject | undefined {
  const { 'tokenizer.ggml.tokens': tokens, 'tokenizer.ggml.scores': scores } = data;
  if (!scores) return undefined;
  const types = data['tokenizer.ggml.token_type'] ?? [];
  const unknown = data['tokenizer.ggml.unknown_token_id'] ?? types.indexOf(2);
  const prefix = data['tokenizer.ggml.add_space_prefix'];
  const replace = (from: string, to: string) => ({ type: 'Replace', pattern: { String: from }, content: to });
  const normal = tokens.map((_, id) => (types[id] ?? normalType) === normalType);
  return {
    normalizer: {
      type: 'Sequence',
      normalizers: [...(prefix ? [{ type: 'Prepend', prepend: '▁' }] : []), replace(' ', '▁')],
    },
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        replace('▁', ' '),
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknown >= 0 ? tokens[unknown] : null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: mergesOf(tokens, scores, normal),
    },
  };
}

/**
 * Every pair of pieces that makes a piece, the most probable first: `generate_merges` of transformers. Pieces are ranked
 * by their scores, of equal ones the shorter halves first.
 */
function mergesOf(tokens: readonly string[], scores: readonly number[], normal: readonly boolean[]): string[][] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges: { left: string; right: string; score: number }[] = [];
  tokens.forEach((token, id) => {
    if (!normal[id]) return;
    const pieces = [...token];
    const halves: { left: string; right: string; score: number }[] = [];
    for (let cut = 1; cut < pieces.length; cut++) {
      const [left, right] = [pieces.slice(0, cut).join(''), pieces.slice(cut).join('')];
      if (ids.has(left) && ids.has(right)) halves.push({ left, right, score: scores[id] });
    }
    const rank = (text: string) => ids.get(text)!;
    halves.sort((a, b) => rank(a.left) - rank(b.left) || rank(a.right) - rank(b.right));
    merges.push(...halves);
  });
  const size = (text: string) => [...text].length;
  merges.sort((a, b) => b.score - a.score || size(b.left) - size(a.left) || size(b.right) - size(a.right));
  return merges.map(({ left, right }) => [left, right]);
}
