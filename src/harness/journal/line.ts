import { crc32 } from 'node:zlib';

/** The start of every line: a CRC-32 of the UTF-8 bytes that follow it, up to the end of the line. */
const start = /^\{"crc32":"([0-9a-f]{8})",/;

/** A value as a line of JSON that can be told from a damaged one. The value has keys. */
export function seal(value: object): string {
  const rest = JSON.stringify(value).slice(1);
  return `{"crc32":"${checksum(rest)}",${rest}\n`;
}

/** The value of a line, given without its newline; nothing where the line was cut short or changed. */
export function unseal(line: string): object | undefined {
  const found = start.exec(line);
  if (!found) return undefined;
  const rest = line.slice(found[0].length);
  return checksum(rest) === found[1] ? JSON.parse(`{${rest}`) : undefined;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
