/** GPT-2's letters for the 256 bytes: printable ones stand for themselves, the others follow from U+0100 on. */
export const byteLetters: readonly string[] = createByteLetters();

/** The byte that a letter stands for. */
export const byteOfLetter: ReadonlyMap<string, number> = new Map(byteLetters.map((letter, byte) => [letter, byte]));

function createByteLetters(): string[] {
  let next = 256;
  const printable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

/** The letters of a text's UTF-8. */
export function toByteLetters(text: string): string {
  let letters = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 127) return letters + encodeLetters(text.slice(i));
    letters += byteLetters[unit];
  }
  return letters;
}

function encodeLetters(text: string): string {
  let letters = '';
  for (const byte of Buffer.from(text)) letters += byteLetters[byte];
  return letters;
}

/** What SentencePiece calls a byte where a vocabulary falls back on bytes. */
export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}
