import type { Profile } from './profile.ts';

/** Whether a text is one word to a shell, and to sbatch, as it is. */
export function isPlainWord(text: string): boolean {
  return /^[\w./:=@%+,-]+$/.test(text);
}

/** Text that a POSIX shell takes for one word, whatever it holds. */
export function quote(word: string): string {
  return isPlainWord(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export function commandLine(words: readonly string[]): string {
  return words.map(quote).join(' ');
}

/** Lines of shell before hon-eval, without empty ones. */
export function setupLines({ setup }: Pick<Profile, 'setup'>): string[] {
  return setup.split('\n').filter(Boolean);
}

/** Lines that give variables their values. */
export function exports(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}`);
}

/** Lines that run the commands one after the other, and end with the greatest exit code. */
export function worstOf(commands: readonly (readonly string[])[]): string[] {
  if (commands.length === 0) return [];
  const run = (words: readonly string[]) =>
    `${commandLine(words)} || { code=$?; [ "$code" -le "$worst" ] || worst=$code; }`;
  return ['worst=0', ...commands.map(run), 'exit "$worst"'];
}
