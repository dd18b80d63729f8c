import { styleText } from 'node:util';

/**
 * Whether a stream is to get bold and colour: never with NO_COLOR (https://no-color.org), always with FORCE_COLOR,
 * otherwise on a terminal that knows escapes.
 */
export function hasStyle(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv = process.env): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR !== undefined) return !['0', 'false'].includes(environment.FORCE_COLOR);
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

export function bold(text: string): string {
  return styleText('bold', text, { validateStream: false });
}
