import { Flags } from '@oclif/core';
import type { GenerationOptions } from '../harness/generate/generate_run.ts';
import { presetNames } from '../harness/record/generation.ts';
import type { RunJson } from '../results/write/run_json.ts';
import { number } from './shared/flags.ts';
import { RunCommand } from './shared/run_command.ts';
import { runFlags } from './shared/run_flags.ts';

export default class Generate extends RunCommand {
  static override summary = 'Have models write their answers, and grade them.';
  static override description =
    "Samples the answers to MATH-500, AIME24 and GPQA as Open-R1's evaluation does, unless told otherwise. Every text is kept as soon as it is there: what was stopped goes on when the same command is given again.";
  static override examples = [
    '<%= config.bin %> generate --model deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B',
    '<%= config.bin %> generate --model ./hon --tasks math_500 --preset greedy --limit 50',
    '<%= config.bin %> generate --model ./hon --tasks aime24 --samples 16 --seed 1',
  ];
  static override flags = {
    ...runFlags('reasoning'),
    preset: Flags.option({
      options: presetNames,
      default: 'openr1',
      summary: 'Prompt and sample as these evaluations do; the flags below change single settings of it.',
    })(),
    samples: Flags.integer({
      min: 1,
      summary: 'Write so many texts a problem; Open-R1 has 64 of AIME24, 4 of MATH-500, 8 of GPQA.',
    }),
    temperature: number({ least: 0, summary: 'Divide the logits by this; 0 takes the most probable token.' }),
    'top-p': number({
      above: 0,
      most: 1,
      summary: 'Draw from the fewest tokens that together are as probable as this.',
    }),
    'top-k': Flags.integer({ min: 0, summary: 'Draw from so many most probable tokens; 0 for all of them.' }),
    'max-new-tokens': Flags.integer({ min: 1, summary: 'Cut texts off at so many tokens.' }),
    stop: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      default: [],
      helpValue: 'TEXT',
      summary: 'End an answer at this text. It may be given several times.',
    }),
    seed: Flags.integer({
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      default: 0,
      summary: 'Draw with this seed, beside task, problem and sample.',
    }),
    'batch-size': Flags.integer({ min: 1, summary: 'Write so many texts at once; it changes none of them.' }),
    'chat-template': Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'Ask by the chat template of the model, where it has one.',
    }),
    resume: Flags.boolean({
      hidden: true,
      deprecated: { message: 'A run that was stopped goes on without --resume; --fresh starts over.' },
    }),
    system: Flags.string({ helpValue: 'TEXT', summary: 'Put this system prompt before every problem.' }),
  };

  async run(): Promise<RunJson> {
    const { flags } = await this.parse(Generate);
    // What computes takes long to load; `--help` must not wait for it.
    const [{ generateAnswers }, { writtenTable }] = await Promise.all([
      import('../harness/generate/generate_run.ts'),
      import('../report/table/written.ts'),
    ]);
    return this.carryOut(flags, {
      unit: 'texts',
      start(common, listener) {
        const options: GenerationOptions = {
          ...flags,
          ...common,
          order: common.order,
          topP: flags['top-p'],
          topK: flags['top-k'],
          maxNewTokens: flags['max-new-tokens'],
          batchSize: flags['batch-size'],
          chatTemplate: flags['chat-template'],
        };
        return generateAnswers(options, listener);
      },
      tables: (models) => [writtenTable(models)],
    });
  }
}
