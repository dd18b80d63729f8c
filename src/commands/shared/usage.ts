/** What oclif says of a wrong command line, in sentences of our own, and what may have been meant. */
import { stripVTControlCharacters } from 'node:util';
import { nearest } from '../../nearest.ts';

/** An error of oclif's parser. */
export interface ParserError extends Error {
  /** Flags that the command lacks. */
  flags?: string[];
  /** Arguments that are required. */
  args?: { name: string }[];
  parse?: { input?: { flags?: object } };
}

/** Lines of oclif's that tell nothing: headings, and advice on its own workings. */
const idle = /^(?:The following errors? occurred:|See more help with --help|Note: |Alternatively, you can use "--")/;

/** By the line that oclif has, the sentence without its end. */
const sentences: readonly [line: RegExp, say: (...parts: string[]) => string][] = [
  [
    /^Parsing (--\S+)\s+Expected an? (.*) but received: (.*)$/,
    (flag, what, got) => `Expected ${flag} to be a ${what.replace('integer', 'whole number')}, got ${got}`,
  ],
  [/^Parsing --\S+\s+(Expected .*?)\.?$/, (sentence) => sentence],
  [
    /^Expected (--\S+?)=(.*) to be one of: (.*)$/,
    (flag, got, options) => `Expected ${flag} to be one of ${options}, got ${got}`,
  ],
  [/^Flag (--\S+) expects a value$/, (flag) => `Expected a value after ${flag}, got none`],
  [/^Missing required flags?:? (?:--)?(.*)$/, (flag) => `Expected --${flag}, which the command cannot do without`],
  [
    /^Exactly one of the following must be provided: (.*)$/,
    (flags) => `Expected one of ${flags.replace(/, (?=[^,]*$)/, ' and ')}, and not both`,
  ],
  [
    /^All of the following must be provided when using (--\S+): (.*)$/,
    (flag, others) => `Expected ${others} with ${flag}`,
  ],
  [
    /^(--\S+?)(?:=.*)? cannot also be provided when using (--\S+?)(?:=.*)?$/,
    (flag, other) => `Expected one of ${flag} and ${other}, got both`,
  ],
  [/^Unexpected arguments?: (.*)$/, (argument) => `Expected no further argument, got ${argument}`],
];

/**
 * @param commands Their names, a colon between their words.
 * @param typed The words after `hon-eval`.
 */
export function usageSentence(error: ParserError, commands: readonly string[], typed: readonly string[]): string {
  // On a terminal oclif dims parts of what it says.
  const message = stripVTControlCharacters(error.message);
  const unknown = /^command (.*) not found\.?$/i.exec(message)?.[1];
  if (unknown) return lackingCommand(spoken(unknown), commands.map(spoken));
  if (error.flags && error.parse?.input?.flags) {
    const known = Object.keys(error.parse.input.flags).map((flag) => `--${flag}`);
    return lacking('flag', error.flags[0], known);
  }
  const command = commands.map(spoken).find((name) => `${typed.join(' ')} `.startsWith(`${name} `));
  const more = `hon-eval${command ? ` ${command}` : ''} --help says more.`;
  if (error.args && /^Missing \d+ required arg/.test(message)) {
    const names = error.args.map(({ name }) => name.toUpperCase());
    return `Expected ${names.join(' and ')} after ${command}, got too few arguments; ${more}`;
  }
  const lines = message.replace(/^\s*(Parsing --\S+)\s*\n/gm, '$1 ').split('\n');
  const telling = lines.map((line) => line.trim().replace(/\s+/g, ' ')).filter((line) => line && !idle.test(line));
  return `${telling.map(ours).join('; ')}; ${more}`;
}

function ours(line: string): string {
  for (const [pattern, say] of sentences) {
    const match = pattern.exec(line);
    if (match) return say(...match.slice(1));
  }
  return line;
}

/** A command of two words as it is typed. */
function spoken(command: string): string {
  return command.replaceAll(':', ' ');
}

/** What stands behind a command may be its arguments, and it may have none. */
function lackingCommand(typed: string, known: string[]): string {
  const [word, ...others] = typed.split(' ');
  if (known.includes(word)) return `Expected no argument after ${word}, got ${others.join(' ')}.`;
  return nearest(typed, known) ? lacking('command', typed, known) : lacking('command', word, known);
}

function lacking(what: string, name: string, known: string[]): string {
  const guess = nearest(name, known);
  return `There is no ${what} ${name}; ${guess ? `did you mean ${guess}?` : `the ${what}s are ${known.join(', ')}.`}`;
}
