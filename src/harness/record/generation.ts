export interface GenerationSettings extends SamplingSettings {
  maxNewTokens: number;
  /** Texts that end a continuation and are not part of it. */
  stop: readonly string[];
  /** Tokens that end a continuation. */
  eos: readonly number[];
  /** Texts that are written at once. */
  batchSize?: number;
}

export interface GeneratedText {
  /** Without the token that ended it. */
  tokens: number[];
  /** Up to the stop string that ended it. */
  text: string;
  /** What ended it: a token, a stop string, `maxNewTokens`, or the model's window. */
  finish: 'eos' | 'stop' | 'length' | 'context';
}

/** Whether a limit of length ended a text, by its `finish`. */
export function isCutOff(finish: string | null): finish is 'length' | 'context' {
  return finish === 'length' || finish === 'context';
}

export interface SamplingSettings {
  /** Divides the logits; 0 takes the most probable token. */
  temperature: number;
  /** Probability that the tokens to draw from must reach together, above 0; 1 leaves all of them. */
  topP: number;
  /** How many of the most probable tokens are left to draw from; 0 leaves all of them. */
  topK: number;
}

export type PresetName = (typeof presetNames)[number];

export const presetNames = ['openr1', 'lighteval', 'greedy'] as const;
