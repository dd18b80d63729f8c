/** One (context, continuation) pair in tokens, as lm-evaluation-harness's `_encode_pair` cuts it, before truncation. */
export interface EncodedRequest {
  /** Never empty: an empty context is the tokenizer's BOS or EOS token. */
  context: number[];
  /** Never empty. */
  continuation: number[];
}

/** What the model says of one (context, continuation) pair. */
export interface Score {
  /** Sum of the natural log-probabilities of the continuation's tokens. */
  logLikelihood: number;
  /** Whether every token of the continuation is the most probable one. */
  greedy: boolean;
  /** Tokens of the continuation. */
  tokens: number;
}
