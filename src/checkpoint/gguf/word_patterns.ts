/** How byte-level vocabularies split a text into words, by the names that llama.cpp has for it (llama-vocab.cpp). */
import type { Json } from '../../json.ts';

export interface WordPattern {
  /** Each splits what the one before it left. */
  patterns: string[];
  /** Whether a word that is a token is one, whatever the merges would make of it. */
  ignoreMerges?: boolean;
  /** Whether a text begins with a BOS where the file does not say. */
  addsBos?: boolean;
  normalizer?: Json;
}

const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const tiktoken = (digits: string) =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const tekken =
  '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|' +
  '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|' +
  '\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

const llama3: WordPattern = { patterns: [tiktoken('\\p{N}{1,3}')], ignoreMerges: true, addsBos: true };
const qwen2: WordPattern = { patterns: [tiktoken('\\p{N}')], normalizer: { type: 'NFC' } };
const plain: WordPattern = { patterns: [gpt2] };
const digitByDigit: WordPattern = { patterns: ['\\p{N}', gpt2] };

const known: Readonly<Record<string, WordPattern>> = {
  'gpt-2': plain,
  'phi-2': plain,
  mpt: plain,
  olmo: plain,
  smollm: digitByDigit,
  starcoder: digitByDigit,
  refact: digitByDigit,
  'llama-bpe': llama3,
  'llama-v3': llama3,
  llama3,
  'smaug-bpe': { patterns: llama3.patterns },
  dbrx: { patterns: llama3.patterns },
  qwen2,
  'deepseek-r1-qwen': qwen2,
  megrez: qwen2,
  stablelm2: qwen2,
  tekken: { patterns: [tekken], ignoreMerges: true, addsBos: true },
};

export function wordPattern(name: string): WordPattern | undefined {
  return Object.hasOwn(known, name) ? known[name] : undefined;
}
