/** Tokens back to text: Rust's `tokenizers`, decoders/. */
import { byteOfLetter } from './letters.ts';
import type { DecoderDefinition } from './schema.ts';

type Decode = (tokens: string[]) => string[];

/** The text of tokens, in their order. */
export function createDecoder(definition: DecoderDefinition | null | undefined): (tokens: string[]) => string {
  if (!definition) return (tokens) => tokens.join(' ');
  const decode = createChain(definition);
  return (tokens) => decode(tokens).join('');
}

function createChain(definition: DecoderDefinition): Decode {
  switch (definition.type) {
    case 'ByteLevel':
      return (tokens) => [Buffer.concat(tokens.map(bytesOfLetters)).toString()];
    case 'ByteFallback':
      return byteFallback;
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'Replace': {
      const { pattern, content } = definition;
      return (tokens) => tokens.map((token) => token.replaceAll(pattern.String, () => content));
    }
    case 'Strip':
      return (tokens) => tokens.map((token) => strip(token, definition.content, definition.start, definition.stop));
    case 'Metaspace': {
      const { replacement, prepend_scheme: scheme } = definition;
      const [first, other] = [scheme === 'never' ? ' ' : '', ' '];
      return (tokens) => tokens.map((token, i) => token.replaceAll(replacement, i === 0 ? first : other));
    }
    case 'WordPiece':
      return (tokens) => tokens.map((token, i) => wordPiece(token, i, definition));
    case 'BPEDecoder':
      return (tokens) =>
        tokens.map((token, i) => token.replaceAll(definition.suffix, i === tokens.length - 1 ? '' : ' '));
    case 'Sequence': {
      const chain = definition.decoders.map(createChain);
      return (tokens) => chain.reduce((decoded, decode) => decode(decoded), tokens);
    }
  }
}

/** A token that is not all letters of bytes, as added ones may be, is its own UTF-8. */
function bytesOfLetters(token: string): Uint8Array {
  const bytes = Array.from(token, (letter) => byteOfLetter.get(letter));
  return bytes.includes(undefined) ? Buffer.from(token) : Uint8Array.from(bytes as number[]);
}

/** Bytes one after the other are a character if they are UTF-8, and one replacement character each if not. */
function byteFallback(tokens: string[]): string[] {
  const decoded: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) decoded.push(decodeBytes(Uint8Array.from(bytes)));
    bytes = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    if (byte !== undefined) bytes.push(Number.parseInt(byte, 16));
    else {
      flush();
      decoded.push(token);
    }
  }
  flush();
  return decoded;
}

function decodeBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return '\ufffd'.repeat(bytes.length);
  }
}

function strip(token: string, content: string, start: number, stop: number): string {
  let [from, to] = [0, token.length];
  while (from < start && token[from] === content) from++;
  while (to > from && token.length - to < stop && token[to - 1] === content) to--;
  return token.slice(from, to);
}

function wordPiece(
  token: string,
  i: number,
  { prefix, cleanup }: Extract<DecoderDefinition, { type: 'WordPiece' }>,
): string {
  const text = i === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
  if (!cleanup) return text;
  const replaced = [' .', ' ?', ' !', ' ,', " ' ", " n't", " 'm", ' do not', " 's", " 've", " 're"];
  const by = ['.', '?', '!', ',', "'", "n't", "'m", " don't", "'s", "'ve", "'re"];
  return replaced.reduce((cleaned, old, n) => cleaned.replaceAll(old, by[n]), text);
}
