/** What happens to a text before its pieces are encoded: Rust's `tokenizers`, normalizers/ and pre_tokenizers/. */
import { escapeForPattern } from './added_tokens.ts';
import { toByteLetters } from './letters.ts';
import type { NormalizerDefinition, PreTokenizerDefinition, SplitBehavior } from './schema.ts';

export type Normalize = (text: string) => string;

/** Cuts a section of a text, which may be the text's first, into pieces; none is empty. */
export type Cut = (section: string, isFirst: boolean) => string[];

/** Patterns of words that are known to take time in proportion to the text, as tokenizer.json writes them. */
export const gpt2Words = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
export const llama3Words =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" +
  '|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
export const qwen2Words = llama3Words.replace('{1,3}', '');
const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const cased = (end: string, digits: string) =>
  `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${end}|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${end}` +
  `|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

/** In these a space after a word starts a new piece, so that a text can be cut there and encoded in two parts. */
export const wordsEndAtSpaces: ReadonlySet<string> = new Set([gpt2Words, qwen2Words, llama3Words]);

const knownPatterns: ReadonlySet<string> = new Set([
  ...wordsEndAtSpaces,
  // Mistral's Tekken and GPT-4o.
  cased('', ''),
  cased(`${contractions}?`, '{1,3}'),
  // Digits one by one, as SmolLM has them before GPT-2's.
  '\\p{N}',
  // DeepSeek.
  '\\p{N}{1,3}',
  '[一-龥぀-ゟ゠-ヿ]+',
  '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
]);

/** Stages whose time and memory nothing here bounds: patterns that are not known, and what makes texts grow. */
export interface RareStages {
  normalizer(definition: NormalizerDefinition): Normalize;
  cut(definition: PreTokenizerDefinition): Cut;
}

const notSpaces = /\P{White_Space}+/gu;
const punctuation = /[!-/:-@[-`{-~]|\p{P}/gu;
/** Characters that `\w` stands for in Rust's `regex`. */
const word = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';
const wordsAndOthers = new RegExp(`[${word}]+|[^${word}\\p{White_Space}]+`, 'gu');

export function createNormalizer(definition: NormalizerDefinition | null | undefined, rare: RareStages): Normalize {
  if (!definition) return (text) => text;
  switch (definition.type) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return (text) => text.normalize(definition.type);
    case 'Prepend':
      return (text) => (text === '' ? text : definition.prepend + text);
    case 'Replace': {
      const { pattern, content } = definition;
      if (!('String' in pattern) || content.length > pattern.String.length) return rare.normalizer(definition);
      return (text) => text.replaceAll(pattern.String, () => content);
    }
    case 'Lowercase':
      return toLowerCase;
    case 'StripAccents':
      return (text) => text.replace(/\p{M}/gu, '');
    case 'BertNormalizer':
      return bertNormalizer(definition);
    case 'Strip': {
      const { strip_left: left, strip_right: right } = definition;
      const ends = [left && '^\\p{White_Space}+', right && '\\p{White_Space}+$'].filter(Boolean).join('|');
      return left || right ? (text) => text.replace(new RegExp(ends, 'gu'), '') : (text) => text;
    }
    case 'Sequence': {
      const all = definition.normalizers.map((each) => createNormalizer(each, rare));
      return (text) => all.reduce((normalized, normalize) => normalize(normalized), text);
    }
  }
}

const chinese =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

function bertNormalizer(definition: Extract<NormalizerDefinition, { type: 'BertNormalizer' }>): Normalize {
  const { clean_text: cleans, handle_chinese_chars: pads, lowercase, strip_accents: strips } = definition;
  return (text) => {
    let normalized = text;
    if (cleans)
      normalized = normalized
        .replace(/(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]|\ufffd/gu, '')
        .replace(/\p{White_Space}/gu, ' ');
    if (pads) normalized = normalized.replace(chinese, ' $& ');
    if (strips ?? lowercase) normalized = normalized.normalize('NFD').replace(/\p{Mn}/gu, '');
    return lowercase ? toLowerCase(normalized) : normalized;
  };
}

/** Character by character: JavaScript writes a word's last sigma otherwise. */
function toLowerCase(text: string): string {
  return Array.from(text, (character) => character.toLowerCase()).join('');
}

export function createCut(definition: PreTokenizerDefinition | null | undefined, rare: RareStages, isLast = true): Cut {
  if (!definition) return (section) => [section];
  switch (definition.type) {
    case 'ByteLevel': {
      const words = definition.use_regex ? wordPattern(gpt2Words) : undefined;
      return (section) => {
        const spaced = definition.add_prefix_space && !section.startsWith(' ') ? ` ${section}` : section;
        const pieces = words ? (spaced.match(words) ?? []) : [spaced];
        return isLast ? pieces : pieces.map(toByteLetters);
      };
    }
    case 'Metaspace':
      return metaspace(definition);
    case 'Digits':
      return (section) =>
        split(section, /\p{N}+/gu, 'Isolated').flatMap((piece) =>
          definition.individual_digits && /^\p{N}/u.test(piece) ? [...piece] : [piece],
        );
    case 'Split': {
      const { pattern, behavior, invert } = definition;
      if ('Regex' in pattern && !knownPatterns.has(pattern.Regex)) return rare.cut(definition);
      const words =
        'Regex' in pattern ? wordPattern(pattern.Regex) : new RegExp(escapeForPattern(pattern.String), 'gu');
      return (section) => split(section, words, behavior, invert);
    }
    case 'Whitespace':
      return (section) => section.match(wordsAndOthers) ?? [];
    case 'Punctuation':
      return (section) => split(section, punctuation, definition.behavior);
    case 'BertPreTokenizer':
      return (section) => (section.match(notSpaces) ?? []).flatMap((word) => split(word, punctuation, 'Isolated'));
    case 'WhitespaceSplit':
      return (section) => section.match(notSpaces) ?? [];
    case 'Sequence': {
      const { pretokenizers: all } = definition;
      const cuts = all.map((each, i) => createCut(each, rare, isLast && i === all.length - 1));
      return (section, isFirst) =>
        cuts.reduce((pieces, cut) => pieces.flatMap((piece, i) => cut(piece, isFirst && i === 0)), [section]);
    }
  }
}

/**
 * What pieces are spelled in: the letters of their bytes where the last cut is `ByteLevel`, which leaves that to be done
 * once for each piece that is remembered.
 */
export function spelling(definition: PreTokenizerDefinition | null | undefined): (piece: string) => string {
  if (definition?.type === 'Sequence') return spelling(definition.pretokenizers.at(-1));
  return definition?.type === 'ByteLevel' ? toByteLetters : (piece) => piece;
}

function metaspace(definition: Extract<PreTokenizerDefinition, { type: 'Metaspace' }>): Cut {
  const { replacement, prepend_scheme: scheme } = definition;
  const words = new RegExp(escapeForPattern(replacement), 'gu');
  return (section, isFirst) => {
    const replaced = section.replaceAll(' ', replacement);
    const prepends = (scheme === 'always' || (scheme === 'first' && isFirst)) && !replaced.startsWith(replacement);
    const text = prepends ? replacement + replaced : replaced;
    return definition.split ? split(text, words, 'MergedWithNext') : [text];
  };
}

/** Rust's `NormalizedString::split`. */
export function split(text: string, pattern: RegExp, behavior: SplitBehavior, invert = false): string[] {
  const parts: { text: string; matches: boolean }[] = [];
  const push = (from: number, to: number, matches: boolean) => {
    if (to > from) parts.push({ text: text.slice(from, to), matches: matches !== invert });
  };
  let end = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    push(end, index, false);
    push(index, index + match.length, true);
    end = index + match.length;
  }
  push(end, text.length, false);
  if (behavior === 'Isolated') return parts.map((part) => part.text);
  if (behavior === 'Removed') return parts.filter(({ matches }) => !matches).map((part) => part.text);
  return joined(parts, behavior);
}

function joined(parts: { text: string; matches: boolean }[], behavior: SplitBehavior): string[] {
  const pieces: string[] = [];
  let before: boolean | undefined;
  for (const { text, matches } of behavior === 'MergedWithNext' ? parts.toReversed() : parts) {
    const joins = before !== undefined && (behavior === 'Contiguous' ? matches === before : matches && !before);
    if (!joins) pieces.push(text);
    else if (behavior === 'MergedWithNext') pieces.push(text + pieces.pop());
    else pieces.push(pieces.pop() + text);
    before = matches;
  }
  return behavior === 'MergedWithNext' ? pieces.reverse() : pieces;
}

/** Rust's `\s` is Unicode's whitespace, and its `(?i:'s)` takes in `'ſ`. */
function wordPattern(source: string): RegExp {
  const translated = source
    .replaceAll(contractions, "'(?:[sSſtTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])")
    .replaceAll('\\s', '\\p{White_Space}')
    .replaceAll('\\S', '\\P{White_Space}');
  return new RegExp(translated, 'gu');
}
