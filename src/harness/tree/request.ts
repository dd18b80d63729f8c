/** One (context, continuation) pair in tokens, as lm-evaluation-harness's `_encode_pair` cuts it, before truncation. */
export interface EncodedRequest {
  /** Never empty: an empty context is the tokenizer's BOS or EOS token. */
  context: number[];
  /** Never empty. */
  continuation: number[];
}
