import { HonEvalError } from '../errors.ts';
import { createSplitter, isWhiteSpace, type Splitter, splitsAtSpaces } from './byte_level_bpe_added_tokens.ts';
import type { ByteLevelBpeDefinition } from './byte_level_bpe_definition.ts';
import { byteLetters, type MergeRanks, mergeLetters, rankMerges } from './byte_level_bpe_merges.ts';

export interface EncodeOptions {
  /** Whether to add the tokens that the tokenizer itself adds (a BOS, say): true where it is left out. */
  addSpecialTokens?: boolean;
  /**
   * A text that this one starts with, as others will: the part of it that nothing after it can change is encoded once.
   * The tokens are the same with it and without.
   */
  context?: string;
}

/** The pieces whose tokens are remembered: so many, and up to that length in UTF-16 units. */
const maxPieces = 65_536;
const maxPieceLength = 256;

/**
 * Byte-level BPE with the ids of Rust's `tokenizers`. Added tokens are found first; the text between them is normalized
 * and cut into pieces, roughly words, and no merge crosses from one to the next. Characters are letters, digits and
 * whitespace, and compose, by the Unicode version of the JavaScript engine.
 */
export class ByteLevelBpe {
  readonly #definition: ByteLevelBpeDefinition;
  readonly #ranks: MergeRanks;
  readonly #pieces = new Map<string, number[]>();
  readonly #wordPattern: RegExp;
  readonly #split: Splitter;
  readonly #splitNormalized: Splitter;
  readonly #splitsAtSpaces: boolean;
  #stable = { context: '', length: 0, ids: [] as number[] };

  constructor(definition: ByteLevelBpeDefinition) {
    const tokens = definition.added_tokens;
    this.#definition = definition;
    this.#ranks = rankMerges(definition.model.merges);
    this.#wordPattern = wordPattern(definition.pre_tokenizer);
    this.#split = createSplitter(tokens.filter(({ normalized }) => !normalized));
    this.#splitNormalized = createSplitter(
      tokens
        .filter(({ normalized }) => normalized)
        .map((token) => ({ ...token, content: this.#normalize(token.content) })),
    );
    this.#splitsAtSpaces = splitsAtSpaces(tokens);
  }

  /** Throws where a merge makes a token that the vocabulary lacks. */
  encode(text: string, { addSpecialTokens = true, context = '' }: EncodeOptions = {}): number[] {
    const { length, ids: stable } = this.#stablePart(text, context);
    const ids = [...stable];
    this.#append(text.slice(length), ids);
    const { before, after } = this.#definition.post_processor;
    return addSpecialTokens ? [...before, ...ids, ...after] : ids;
  }

  tokenToId(token: string): number | undefined {
    return this.#definition.added_tokens.findLast(({ content }) => content === token)?.id ?? this.#idOf(token);
  }

  /** Ids of the start of a text that every text with this context has, and its length in UTF-16 units. */
  #stablePart(text: string, context: string): { length: number; ids: number[] } {
    if (context === '' || !this.#splitsAtSpaces || !text.startsWith(context)) return { length: 0, ids: [] };
    if (context !== this.#stable.context) {
      const length = lastWordEnd(context);
      const ids: number[] = [];
      this.#append(context.slice(0, length), ids);
      this.#stable = { context, length, ids };
    }
    return this.#stable;
  }

  #append(text: string, ids: number[]): void {
    for (const part of this.#split(text)) {
      const sections = typeof part === 'number' ? [part] : this.#splitNormalized(this.#normalize(part));
      for (const section of sections) {
        if (typeof section === 'number') ids.push(section);
        else this.#appendWords(section, ids);
      }
    }
  }

  #appendWords(text: string, ids: number[]): void {
    for (const piece of text.match(this.#wordPattern) ?? []) {
      for (const id of this.#encodePiece(piece)) ids.push(id);
    }
  }

  #normalize(text: string): string {
    return this.#definition.normalizer ? text.normalize('NFC') : text;
  }

  #encodePiece(piece: string): number[] {
    const known = this.#pieces.get(piece);
    if (known) return known;
    const bytes = Buffer.from(piece);
    const letters: string[] = [];
    for (const byte of bytes) letters.push(byteLetters[byte]!);
    const ids = this.#merge(letters);
    if (this.#pieces.size >= maxPieces) this.#pieces.clear();
    // A copy of the piece as the key, since a part of a string keeps all of it in memory.
    if (piece.length <= maxPieceLength) this.#pieces.set(bytes.toString(), ids);
    return ids;
  }

  #merge(letters: string[]): number[] {
    const whole = this.#definition.model.ignore_merges ? this.#idOf(letters.join('')) : undefined;
    if (whole !== undefined) return [whole];
    return mergeLetters(letters, this.#ranks).map((token) => {
      const id = this.#idOf(token);
      if (id !== undefined) return id;
      const lacking = JSON.stringify(token);
      throw new HonEvalError('checkpoint', `The tokenizer's vocabulary lacks ${lacking}, which a merge makes.`);
    });
  }

  #idOf(token: string): number | undefined {
    const { vocab } = this.#definition.model;
    return Object.hasOwn(vocab, token) ? vocab[token] : undefined;
  }
}

/**
 * The end of the last word that a space follows, or 0: text can be cut there and its two parts be encoded apart. In none
 * of the patterns does a piece go on from a word to a space, or look further back or ahead than that; a space neither
 * composes with what is before it nor is inside an added token (`splitsAtSpaces`).
 */
function lastWordEnd(text: string): number {
  let end = text.lastIndexOf(' ');
  while (end > 0 && isWhiteSpace(text[end - 1]!)) end = text.lastIndexOf(' ', end - 1);
  return Math.max(end, 0);
}

/** Rust's `\s` is Unicode's whitespace, and its `(?i:'s)` takes in `'ſ`. */
function wordPattern(source: string): RegExp {
  const translated = source
    .replace("(?i:'s|'t|'re|'ve|'m|'ll|'d)", "'(?:[sSſtTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])")
    .replaceAll('\\s', '\\p{White_Space}')
    .replaceAll('\\S', '\\P{White_Space}');
  return new RegExp(translated, 'gu');
}
