import { appendFile, writeFile } from 'node:fs/promises';
import { Flags, type Interfaces } from '@oclif/core';
import type { GateConfig } from '../compare/gate/config.ts';
import type { GateResult } from '../compare/gate/judge.ts';
import { HonEvalError, reason } from '../errors.ts';
import { terminalWidth } from '../output/wrap.ts';
import { HonEvalCommand } from './shared/command.ts';
import { chatFlags, chatOptions, gateFlags, scoringOptions } from './shared/run_flags.ts';

export default class Gate extends HonEvalCommand {
  static override failureExitCode = 3;
  static override summary = 'Stop a candidate that is worse than its baseline, in CI.';
  static override description =
    'Exit codes, which differ from those of the other commands: 0 the candidate passes, 1 it is worse than it may be, ' +
    '2 there are too few documents to decide, 3 there is nothing sound to judge by: wrong flags or settings, results ' +
    'that are missing or damaged, a benchmark that the candidate lacks, other documents or prompts.';
  static override examples = [
    '<%= config.bin %> gate --baseline results/main --candidate results/branch',
    '<%= config.bin %> gate --baseline a.json --candidate b.json --config gate.json',
    '<%= config.bin %> gate --baseline results/main --model runs/branch',
  ];
  static override flags = {
    baseline: Flags.string({
      required: true,
      helpValue: 'PATH',
      summary: 'Hold the candidate to these results: a file or folder.',
    }),
    candidate: Flags.string({
      helpValue: 'PATH',
      summary: 'Judge these results: a file or folder.',
      exactlyOne: ['candidate', 'model'],
    }),
    config: Flags.string({
      helpValue: 'gate.json',
      summary: 'Take margins and floors from this file; docs/gate.md has the fields.',
    }),
    junit: Flags.string({ helpValue: 'FILE', summary: 'Write the checks as JUnit XML.' }),
    summary: Flags.string({
      helpValue: 'FILE',
      env: 'GITHUB_STEP_SUMMARY',
      summary: 'Append the checks as Markdown.',
    }),
    'allow-undecided': Flags.boolean({ summary: 'Exit with 0, not 2, where there are too few documents.' }),
    ...gateFlags,
    ...chatFlags,
  };

  async run(): Promise<GateResult> {
    const { flags } = await this.parse(Gate);
    const [{ gateExitCodes }, { defaultGateConfig, readGateConfig }, text, { junitXml }] = await Promise.all([
      import('../compare/gate/judge.ts'),
      import('../compare/gate/config.ts'),
      import('../compare/gate/text.ts'),
      import('../compare/gate/junit.ts'),
    ]);
    const config = flags.config === undefined ? defaultGateConfig : await readGateConfig(flags.config);
    const result = await judgeFlags(flags, config);
    this.log(text.renderGate(result, terminalWidth()));
    if (process.env.GITHUB_ACTIONS) for (const line of text.gateAnnotations(result)) process.stderr.write(`${line}\n`);
    if (flags.junit) await save(flags.junit, () => writeFile(flags.junit!, junitXml(result)));
    if (flags.summary) await save(flags.summary, () => appendFile(flags.summary!, text.gateMarkdown(result)));
    process.exitCode = flags['allow-undecided'] && result.verdict === 'undecided' ? 0 : gateExitCodes[result.verdict];
    return result;
  }
}

type GateFlags = Interfaces.InferredFlags<typeof Gate.flags>;

/** Judges results, or scores the candidate as far as that takes. */
async function judgeFlags(
  { baseline, candidate, model, ...flags }: GateFlags,
  config: GateConfig,
): Promise<GateResult> {
  if (model === undefined) {
    const { judge } = await import('../compare/gate/judge.ts');
    return judge(baseline, candidate!, config);
  }
  const [{ judgeScored }, { consoleListener }, { listenForInterrupt }, { journalFolder }] = await Promise.all([
    import('../compare/gate/judge_scored.ts'),
    import('./shared/console.ts'),
    import('./shared/interrupt.ts'),
    import('../results/paths.ts'),
  ]);
  const interrupt = listenForInterrupt('Stopped; the same command goes on.');
  const listener = consoleListener(process.stderr, flags.quiet, new Map());
  const options = {
    ...flags,
    ...scoringOptions(flags),
    ...chatOptions(flags),
    candidate: model,
    command: [],
    signal: interrupt.signal,
    journalFolder: () => journalFolder(flags.output, model),
  };
  try {
    return await judgeScored(baseline, options, config, listener);
  } finally {
    listener.close();
    interrupt.release();
  }
}

async function save(file: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw new HonEvalError('output', `Cannot write ${file}: ${reason(error)}.`, { cause: error });
  }
}
