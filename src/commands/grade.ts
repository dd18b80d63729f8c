import { Args, Flags } from '@oclif/core';
import { fitted } from '../output/wrap.ts';
import type { GradedFile, GradeOptions } from '../results/regrade/grade_files.ts';
import { HonEvalCommand } from './shared/command.ts';
import { number } from './shared/flags.ts';
import { listenForInterrupt } from './shared/interrupt.ts';

export default class Grade extends HonEvalCommand {
  static override summary = 'Grade answers that models wrote, again and without a model.';
  static override description =
    "Reads samples files of hon-eval generate, or of lm-evaluation-harness's generate_until, and compares the answers in the texts with the right ones.";
  static override examples = [
    '<%= config.bin %> grade results/hon/samples_math_500_2026-01-31T12-00-00.jsonl',
    '<%= config.bin %> grade samples_gsm8k.jsonl --grader math --output graded.jsonl',
    '<%= config.bin %> grade samples_gsm8k.jsonl --wrong 20',
  ];
  static override args = {
    files: Args.string({ required: true, multiple: true, description: 'Grade these samples files: samples_*.jsonl.' }),
  };
  static override flags = {
    grader: Flags.option({
      options: ['auto', 'math', 'letter'] as const satisfies readonly GradeOptions['grader'][],
      default: 'auto',
      summary: 'Compare answers in this way; auto takes the letter where the right answer is one of A to D.',
    })(),
    'time-limit': number({
      default: 5,
      above: 0,
      most: 3600,
      helpValue: 'SECONDS',
      summary: 'Stop a comparison after so long.',
    }),
    wrong: Flags.integer({ default: 0, min: 0, helpValue: 'N', summary: 'List the first N texts that are not right.' }),
    output: Flags.string({ helpValue: 'FILE', summary: 'Write the file anew, with the new verdicts.' }),
  };

  async run(): Promise<{ files: GradedFile[] }> {
    const { args, flags } = await this.parse(Grade);
    const [{ gradeFiles }, { renderGrades }] = await Promise.all([
      import('../results/regrade/grade_files.ts'),
      import('../results/regrade/text.ts'),
    ]);
    const interrupt = listenForInterrupt('Stopped.');
    try {
      const graded = await gradeFiles(args.files, {
        grader: flags.grader,
        timeLimit: flags['time-limit'],
        output: flags.output,
        wrong: flags.wrong,
        signal: interrupt.signal,
      });
      this.log(fitted(renderGrades(graded)));
      return { files: graded };
    } finally {
      interrupt.release();
    }
  }
}
