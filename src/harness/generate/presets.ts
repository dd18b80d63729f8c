/** How a model is asked and sampled by others, so that figures can be set beside theirs. */
import type { PresetName, SamplingSettings } from '../record/generation.ts';
import type { PromptStyle } from '../task/task.ts';

export interface Preset extends SamplingSettings {
  /** Whose prompts. */
  style: PromptStyle;
  maxNewTokens: number;
  /** Texts a problem, by task. */
  samples(task: string): number;
}

/** Responses per query of Open-R1's README, "Reproducing Deepseek's evaluation results". */
const openR1Samples: Readonly<Record<string, number>> = { aime24: 64, math_500: 4, gpqa_diamond: 8 };

export const presets: Readonly<Record<PresetName, Preset>> = {
  /** github.com/huggingface/open-r1: src/open_r1/evaluate.py, and the README's `generation_parameters`. */
  openr1: {
    style: 'openr1',
    temperature: 0.6,
    topP: 0.95,
    topK: 0,
    maxNewTokens: 32768,
    samples: (task) => openR1Samples[task] ?? 1,
  },
  /** github.com/huggingface/lighteval 0.13: the tasks as they stand there, and its default of greedy decoding. */
  lighteval: { style: 'lighteval', temperature: 0, topP: 1, topK: 0, maxNewTokens: 32768, samples: () => 1 },
  /** Open-R1's prompts, each answered once by the most probable tokens. */
  greedy: { style: 'openr1', temperature: 0, topP: 1, topK: 0, maxNewTokens: 32768, samples: () => 1 },
};
