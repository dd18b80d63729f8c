import { createSplitter, isWhiteSpace, type Splitter, splitsAtSpaces } from './added_tokens.ts';
import { type Affixes, createAffixes } from './affixes.ts';
import { createDecoder } from './decoder.ts';
import { createModel, type PieceModel } from './models.ts';
import type { AddedToken, TokenizerDefinition } from './schema.ts';
import {
  type Cut,
  createCut,
  createNormalizer,
  type Normalize,
  type RareStages,
  spelling,
  wordsEndAtSpaces,
} from './text_stages.ts';

export interface EncodeOptions {
  /** Whether to add the tokens that the tokenizer itself adds (a BOS, say): true where it is left out. */
  addSpecialTokens?: boolean;
  /**
   * Texts that this one starts with, as others will, each the beginning of the next: the part of them that nothing after it
   * can change is encoded once. The tokens are the same with them and without.
   */
  contexts?: readonly string[];
}

export interface DecodeOptions {
  skipSpecialTokens?: boolean;
}

/** The stages of a tokenizer. */
interface Stages {
  normalize: Normalize;
  cut: Cut;
  model: PieceModel;
  affixes: Affixes;
  decode(tokens: string[]): string;
  added: readonly AddedToken[];
  /** Whether a text may be cut at a space that ends a word, and its parts be encoded apart. */
  endsAtSpaces: boolean;
}

/** The start of a text that every text with a context has, its length in UTF-16 units, and its ids. */
interface StablePart {
  context: string;
  length: number;
  ids: number[];
}

/** The tokenizer that a tokenizer.json describes. Throws a `checkpoint` error where its parts do not fit together. */
export function createPipeline(definition: TokenizerDefinition, file: string, rare: RareStages): Pipeline {
  const { pre_tokenizer: words, added_tokens: added } = definition;
  return new Pipeline({
    normalize: createNormalizer(definition.normalizer, rare),
    cut: createCut(words, rare),
    model: createModel(definition.model, file, spelling(words)),
    affixes: createAffixes(definition.post_processor, file),
    decode: createDecoder(definition.decoder),
    added,
    endsAtSpaces: splitsAtSpaces(added) && keepsSpaces(definition) && wordsEnd(words),
  });
}

/** In none of the patterns does a piece go on from a word to a space, or look further back or ahead than that. */
function wordsEnd(words: TokenizerDefinition['pre_tokenizer']): boolean {
  if (words?.type === 'ByteLevel') return words.use_regex;
  if (words?.type !== 'Sequence' || words.pretokenizers.length !== 2) return false;
  const [split, letters] = words.pretokenizers;
  if (letters.type !== 'ByteLevel' || letters.use_regex || split.type !== 'Split') return false;
  return 'Regex' in split.pattern && split.behavior === 'Isolated' && wordsEndAtSpaces.has(split.pattern.Regex);
}

/** A space neither composes with what is before it, nor is replaced. */
function keepsSpaces({ normalizer }: TokenizerDefinition): boolean {
  return !normalizer || normalizer.type === 'NFC';
}

/**
 * Text to ids and back, with the ids of Rust's `tokenizers`. Added tokens are found first; the text between them is
 * normalized and cut into pieces, roughly words, and no merge crosses from one to the next. Characters are letters,
 * digits and whitespace, and compose, by the Unicode version of the JavaScript engine.
 */
export class Pipeline {
  readonly #stages: Stages;
  readonly #split: Splitter;
  readonly #splitNormalized: Splitter;
  readonly #addedIds: ReadonlyMap<string, number>;
  #tokens?: { names: ReadonlyMap<number, string>; special: ReadonlySet<number> };
  /** By the contexts' places in their lists. */
  readonly #stable: StablePart[] = [];

  constructor(stages: Stages) {
    const { added, normalize } = stages;
    this.#stages = stages;
    this.#addedIds = new Map(added.map(({ content, id }) => [content, id]));
    this.#split = createSplitter(added.filter(({ normalized }) => !normalized));
    this.#splitNormalized = createSplitter(
      added
        .filter(({ normalized }) => normalized)
        .map((token) => ({ ...token, content: normalize(token.content) }))
        .filter(({ content }) => content !== ''),
    );
  }

  encode(text: string, { addSpecialTokens = true, contexts = [] }: EncodeOptions = {}): number[] {
    const { length, ids: stable } = this.#stablePart(text, contexts);
    const ids = [...stable];
    this.#append(text.slice(length), length === 0, ids);
    const { before, after } = this.#stages.affixes;
    return addSpecialTokens ? [...before, ...ids, ...after] : ids;
  }

  /** The text of ids; those that are no token's are passed over. */
  decode(ids: readonly number[], { skipSpecialTokens = false }: DecodeOptions = {}): string {
    this.#tokens ??= this.#nameTokens();
    const { special, names } = this.#tokens;
    const kept = skipSpecialTokens ? ids.filter((id) => !special.has(id)) : ids;
    return this.#stages.decode(kept.map((id) => names.get(id)).filter((name) => name !== undefined));
  }

  tokenToId(token: string): number | undefined {
    return this.#addedIds.get(token) ?? this.#stages.model.vocabulary.get(token);
  }

  /** An added token that is looked for in the normalized text is decoded to what it is there. */
  #nameTokens() {
    const { model, added, normalize } = this.#stages;
    const names = new Map<number, string>();
    for (const [token, id] of model.vocabulary) names.set(id, token);
    for (const { content, id, normalized } of added) names.set(id, normalized ? normalize(content) : content);
    return { names, special: new Set(added.filter(({ special }) => special).map(({ id }) => id)) };
  }

  #stablePart(text: string, contexts: readonly string[]): StablePart {
    let part: StablePart = { context: '', length: 0, ids: [] };
    if (!this.#stages.endsAtSpaces) return part;
    for (const [i, context] of contexts.entries()) {
      if (!text.startsWith(context)) return part;
      if (context !== this.#stable[i]?.context) this.#stable[i] = this.#extend(part, context);
      part = this.#stable[i];
    }
    return part;
  }

  /** What every text with a context starts with, of which `part` is known. */
  #extend(part: StablePart, context: string): StablePart {
    const length = Math.max(part.length, lastWordEnd(context));
    const ids = [...part.ids];
    this.#append(context.slice(part.length, length), part.length === 0, ids);
    return { context, length, ids };
  }

  /** @param isStart Whether the text is the start of what is encoded. */
  #append(text: string, isStart: boolean, ids: number[]): void {
    for (const [i, part] of this.#split(text).entries()) {
      if (typeof part === 'number') ids.push(part);
      else
        for (const [j, section] of this.#splitNormalized(this.#stages.normalize(part)).entries())
          if (typeof section === 'number') ids.push(section);
          else this.#appendSection(section, isStart && i === 0 && j === 0, ids);
    }
  }

  #appendSection(section: string, isFirst: boolean, ids: number[]): void {
    for (const piece of this.#stages.cut(section, isFirst))
      for (const id of this.#stages.model.encode(piece)) ids.push(id);
  }
}

/** The end of the last word that a space follows, or 0. */
function lastWordEnd(text: string): number {
  let end = text.lastIndexOf(' ');
  while (end > 0 && isWhiteSpace(text[end - 1])) end = text.lastIndexOf(' ', end - 1);
  return Math.max(end, 0);
}
