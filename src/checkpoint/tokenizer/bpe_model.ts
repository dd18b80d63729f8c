import { byteToken } from './letters.ts';
import { idLimit, type Merges, mergeNeighbours, pairOf } from './merges.ts';
import { type BpeModel, unusable } from './schema.ts';

/** The pieces whose tokens are remembered: so many, and up to that length in UTF-16 units. */
const maxPieces = 65_536;
const maxPieceLength = 256;

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

  /** Throws a `checkpoint` error where a merge is of tokens that the vocabulary lacks. */
  constructor(model: BpeModel, file: string) {
    this.vocabulary = new Map(Object.entries(model.vocab));
    this.#merges = createMerges(model, this.vocabulary, file);
    this.#ignoresMerges = model.ignore_merges ?? false;
    this.#fusesUnknown = model.fuse_unk ?? false;
    if (model.byte_fallback)
      this.#bytes = Array.from({ length: 256 }, (_, byte) => this.vocabulary.get(byteToken(byte)));
    if (typeof model.unk_token !== 'string') return;
    this.#unknown = this.vocabulary.get(model.unk_token);
    if (this.#unknown === undefined)
      throw unusable(file, 'model.unk_token', `the vocabulary lacks it, ${JSON.stringify(model.unk_token)}`);
  }

  encode(piece: string): number[] {
    const known = this.#pieces.get(piece);
    if (known) return known;
    const whole = this.#ignoresMerges ? this.vocabulary.get(piece) : undefined;
    const ids = whole === undefined ? mergeNeighbours(this.#characters(piece), this.#merges) : [whole];
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
      const known = this.vocabulary.get(character) ?? this.#bytesOf(character);
      if (known !== undefined) ids.push(...(typeof known === 'number' ? [known] : known));
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

function createMerges(model: BpeModel, vocabulary: ReadonlyMap<string, number>, file: string): Merges {
  const merges = new Map<number, number>();
  model.merges.forEach(([left, right], rank) => {
    const ids = [left, right, left + right].map((token) => {
      const id = vocabulary.get(token);
      if (id !== undefined && id < idLimit) return id;
      throw unusable(file, `model.merges.${rank}`, `the vocabulary lacks ${JSON.stringify(token)}`);
    });
    merges.set(pairOf(ids[0]!, ids[1]!), rank * idLimit + ids[2]!);
  });
  return merges;
}
