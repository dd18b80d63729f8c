import { quote } from '../safetensors/header.ts';
import { byteToken } from './letters.ts';
import { idLimit, type Merges, mergeNeighbours, pairOf } from './merges.ts';
import { type BpeModel, unusable } from './schema.ts';

/** The pieces whose tokens are remembered: so many, and up to that length in UTF-16 units. */
const maxPieces = 65_536;
const maxPieceLength = 256;

/** What a piece is written in: letters of its bytes, or itself. */
export type Spell = (piece: string) => string;

/** Byte-pair encoding of pieces of text, with the ids of Rust's `tokenizers` (models/bpe/model.rs). */
export class Bpe {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly #merges: Merges;
  readonly #ignoresMerges: boolean;
  /** Tokens of the 256 bytes, where characters that have no token fall back on them. */
  readonly #bytes?: (number | undefined)[];
  readonly #unknown?: number;
  readonly #fusesUnknown: boolean;
  readonly #pieces = new Map<string, number[]>();

  readonly #spell: Spell;

  /** Throws a `checkpoint` error where a merge is of tokens that the vocabulary lacks. */
  constructor(model: BpeModel, file: string, spell: Spell) {
    this.#spell = spell;
    this.vocabulary = mapOf(model.vocab);
    this.#merges = createMerges(model, this.vocabulary, file);
    this.#ignoresMerges = model.ignore_merges ?? false;
    this.#fusesUnknown = model.fuse_unk ?? false;
    if (model.byte_fallback)
      this.#bytes = Array.from({ length: 256 }, (_, byte) => this.vocabulary.get(byteToken(byte)));
    if (typeof model.unk_token !== 'string') return;
    this.#unknown = this.vocabulary.get(model.unk_token);
    if (this.#unknown === undefined)
      throw unusable(file, 'model.unk_token', `the vocabulary lacks it, ${quote(model.unk_token)}`);
  }

  encode(piece: string): number[] {
    const known = this.#pieces.get(piece);
    if (known) return known;
    const spelled = this.#spell(piece);
    const whole = this.#ignoresMerges ? this.vocabulary.get(spelled) : undefined;
    const ids = whole === undefined ? mergeNeighbours(this.#characters(spelled), this.#merges) : [whole];
    if (this.#pieces.size >= maxPieces) this.#pieces.clear();
    // A copy of the piece as the key, since a part of a string keeps all of it in memory.
    if (piece.length <= maxPieceLength) this.#pieces.set(Buffer.from(piece, 'utf16le').toString('utf16le'), ids);
    return ids;
  }

  /** What has neither a token nor bytes is unknown, or is left out where nothing stands for the unknown. */
  #characters(piece: string): number[] {
    const ids: number[] = [];
    let fusing = false;
    for (const character of piece) {
      const id = this.vocabulary.get(character);
      const known = id ?? this.#bytesOf(character);
      if (id !== undefined) ids.push(id);
      else if (known !== undefined) ids.push(...(known as number[]));
      else if (this.#unknown !== undefined && !fusing) ids.push(this.#unknown);
      fusing = this.#fusesUnknown && known === undefined;
    }
    return ids;
  }

  #bytesOf(character: string): number[] | undefined {
    if (!this.#bytes) return undefined;
    const ids = Array.from(Buffer.from(character), (byte) => this.#bytes![byte]);
    return ids.includes(undefined) ? undefined : (ids as number[]);
  }
}

/** Without an array for each token, of which there are hundreds of thousands. */
export function mapOf(vocabulary: Readonly<Record<string, number>>): Map<string, number> {
  const map = new Map<string, number>();
  for (const token of Object.keys(vocabulary)) map.set(token, vocabulary[token]);
  return map;
}

function createMerges(model: BpeModel, vocabulary: ReadonlyMap<string, number>, file: string): Merges {
  const merges = new Map<number, number>();
  const find = (token: string, rank: number) => {
    const id = vocabulary.get(token);
    if (id !== undefined && id < idLimit) return id;
    throw unusable(file, `model.merges.${rank}`, `the vocabulary lacks ${quote(token)}`);
  };
  for (const [rank, [left, right]] of model.merges.entries())
    merges.set(pairOf(find(left, rank), find(right, rank)), rank * idLimit + find(left + right, rank));
  return merges;
}
