import { quote } from '../safetensors/header.ts';
import { byteToken } from './letters.ts';
import { type UnigramModel, unusable } from './schema.ts';

/** How much less likely than the least likely token an unknown character is. */
const unknownPenalty = 10;

/** The best way to a place in a piece. */
interface Step {
  score: number;
  id: number;
  start: number;
}

/** The most likely tokens of a piece: Rust's `tokenizers`, models/unigram/model.rs. */
export function createUnigram({ vocab, unk_id: unknown, byte_fallback: fallsBack }: UnigramModel, file: string) {
  if (typeof unknown === 'number' && unknown >= vocab.length)
    throw unusable(file, 'model.unk_id', `the vocabulary has ${vocab.length} tokens`);
  const vocabulary = new Map(vocab.map(([token], id) => [token, id]));
  const bytes = Array.from({ length: 256 }, (_, byte) => vocabulary.get(byteToken(byte)));
  let [longest, least] = [0, Infinity];
  for (const [token, score] of vocab) {
    longest = Math.max(longest, token.length);
    least = Math.min(least, score);
  }

  function bestSteps(piece: string): (Step | undefined)[] {
    const steps: (Step | undefined)[] = new Array(piece.length + 1);
    const offer = (end: number, step: Step) => {
      const known = steps[end];
      if (!known || step.score > known.score) steps[end] = step;
    };
    for (let start = 0; start < piece.length; ) {
      const before = steps[start]?.score ?? 0;
      const width = piece.codePointAt(start)! > 0xffff ? 2 : 1;
      let isKnown = false;
      for (let end = start + width; end <= Math.min(piece.length, start + longest); end++) {
        const id = vocabulary.get(piece.slice(start, end));
        if (id === undefined) continue;
        offer(end, { score: before + vocab[id][1], id, start });
        isKnown ||= end === start + width;
      }
      if (!isKnown) offer(start + width, { score: before + least - unknownPenalty, id: unknown ?? -1, start });
      start += width;
    }
    return steps;
  }

  /** Unknown characters one after the other are one unknown, or its bytes. */
  function unknownIds(text: string): number[] {
    const id = vocabulary.get(text);
    if (id !== undefined) return [id];
    const ids = fallsBack ? Array.from(Buffer.from(text), (byte) => bytes[byte]) : [];
    if (ids.length > 0 && !ids.includes(undefined)) return ids as number[];
    if (typeof unknown === 'number') return [unknown];
    throw unusable(file, 'model.unk_id', `${quote(text)} is not in the vocabulary, and nothing stands for it`);
  }

  return {
    vocabulary,
    encode(piece: string): number[] {
      const steps = bestSteps(piece);
      const reversed: number[] = [];
      let fused = '';
      const flush = () => {
        if (fused !== '') reversed.push(...unknownIds(fused).reverse());
        fused = '';
      };
      for (let end = piece.length; end > 0; ) {
        const { id, start } = steps[end]!;
        if (id === (unknown ?? -1)) fused = piece.slice(start, end) + fused;
        else {
          flush();
          reversed.push(id);
        }
        end = start;
      }
      flush();
      return reversed.reverse();
    },
  };
}
