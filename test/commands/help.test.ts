import { expect, test } from 'vitest';
import { commands } from '../../src/commands/index.ts';

/** What sentences of the help begin with: it tells the program what to do. */
const verbs = new Set(
  (
    'Add Append Ask Build Collect Compare Compute Count Cut Divide Do Draw End Exit Fetch Give Grade Hand Have Hold Inspect ' +
    'Judge Keep Leave List Make Mark Mix Plan Print Prompt Put Read Run Say Scale Score Send Set Show Start Stop Submit Take Test Use ' +
    'Wait Write'
  ).split(' '),
);

interface Described {
  summary?: string;
  description?: string;
  hidden?: boolean;
}

const texts = Object.entries(commands).flatMap(([name, command]) => {
  const { summary, args, flags, baseFlags } = command;
  const parts: [string, Described][] = [
    ...Object.entries<Described>(args ?? {}),
    ...Object.entries<Described>({ ...baseFlags, ...flags }).map(([flag, of]): [string, Described] => [
      `--${flag}`,
      of,
    ]),
  ];
  const shown = parts.filter(([, { hidden }]) => !hidden);
  return [
    { of: name, text: summary ?? '' },
    ...shown.map(([part, { summary, description }]) => ({ of: `${name} ${part}`, text: summary ?? description ?? '' })),
  ];
});

test.each(texts)('$of: a whole sentence, "$text"', ({ text }) => {
  expect(verbs).toContain(/^\w+/.exec(text)?.[0]);
  expect(text).toMatch(/[^.]\.$/);
  for (const [, next] of text.matchAll(/\.\s+(\w+)/g)) expect([...verbs, 'It']).toContain(next);
});

test.each(
  Object.entries(commands).map(([name, { summary = '', examples = [] }]) => ({ name, lines: [summary, ...examples] })),
)('$name fits into a terminal of 80 columns', ({ lines }) => {
  // Examples stand behind "  $ ".
  const widths = lines.map((line, i) => String(line).replace('<%= config.bin %>', 'hon-eval').length + (i && 4));
  expect(Math.max(...widths)).toBeLessThanOrEqual(80);
});

test('there are many of them', () => {
  expect(texts.length).toBeGreaterThan(100);
});
