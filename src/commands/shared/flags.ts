import { Errors, Flags } from '@oclif/core';
import type { AxisScale } from '../../report/report_data.ts';

/** A flag that takes a number between 0 and 1, both excluded. */
export const probability = Flags.custom<number>({
  async parse(input, _, { name }) {
    const value = Number(input);
    if (value > 0 && value < 1) return value;
    throw new Errors.CLIError(`Expected --${name} to be a number between 0 and 1, got "${input}".`);
  },
});

/** The argument of commands that read results. */
export const someResults = {
  multiple: true,
  description: 'Read these results files or folders, each with an optional label: LABEL=PATH.',
} as const;

/** A flag that takes a number of a range. */
export const number = Flags.custom<number, { least?: number; above?: number; most?: number }>({
  async parse(input, _, { name, least = -Infinity, above = -Infinity, most = Infinity }) {
    const value = input.trim() === '' ? Number.NaN : Number(input);
    if (Number.isFinite(value) && value >= least && value > above && value <= most) return value;
    const bounds = [
      ...(least > -Infinity ? [`at least ${least}`] : []),
      ...(above > -Infinity ? [`above ${above}`] : []),
      ...(most < Infinity ? [`at most ${most}`] : []),
    ];
    throw new Errors.CLIError(`Expected --${name} to be a number ${bounds.join(' and ')}, got "${input}".`);
  },
});

/** A flag that takes a number of bytes: `50GB` is 50 · 10⁹, `50GiB` 50 · 2³⁰. */
export const bytes = Flags.custom<number>({
  async parse(input, _, { name }) {
    const [, number, unit = '', binary] = /^(\d+(?:\.\d+)?) ?(?:([KMGT])(i)?)?B$/i.exec(input.trim()) ?? [];
    if (number === undefined)
      throw new Errors.CLIError(`Expected --${name} to be a size such as 50GB or 800MiB, got "${input}".`);
    return Number(number) * (binary ? 1024 : 1000) ** ' KMGT'.indexOf(unit.toUpperCase() || ' ');
  },
});

/** Which figures of results a command is about. */
export const chosenFigures = {
  tasks: Flags.string({
    char: 't',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    helpValue: 'NAME,…',
    summary: 'Take these benchmarks or groups of them; all if left out.',
  }),
  metric: Flags.string({
    default: 'customary',
    helpValue: 'acc|acc_norm|customary|…',
    summary: "Take this metric, or each benchmark's customary one.",
  }),
};

/** What a table says of its figures. */
export const figureDetails = {
  stderr: Flags.boolean({ summary: 'Show standard errors.' }),
  counts: Flags.boolean({ summary: 'Show how many documents each figure is of.' }),
};

/** How the curves of training runs are drawn. */
export const curves = {
  axis: Flags.option({
    options: ['linear', 'log'] as const satisfies readonly AxisScale[],
    default: 'linear',
    summary: 'Scale the axis of steps in curves of training runs in this way.',
  })(),
  'tokens-per-step': number({
    above: 0,
    helpValue: 'N',
    summary: 'Count so many tokens to a training step, for figures over tokens.',
  }),
  baseline: Flags.string({
    helpValue: 'RUN',
    summary: 'Test the other training runs against this one: from which step on they stay apart.',
  }),
};
