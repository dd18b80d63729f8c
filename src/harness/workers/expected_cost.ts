import type { List } from '../../long_list.ts';
import type { flopCounter } from '../../model/cost.ts';
import type { AskedDocument } from '../score/encode.ts';

/** Bytes of English in a token, about. */
const bytesPerToken = 4;

/** Floating-point operations of scoring documents, about, as their texts tell before they are encoded. */
export function expectedCost(documents: List<AskedDocument>, flops: ReturnType<typeof flopCounter>): number {
  const length = (text: string) => Buffer.byteLength(text) / bytesPerToken;
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
  const cost = ({ requests }: AskedDocument) => {
    const contexts = [...new Set(requests.map(([context]) => context))].map(length);
    const continuations = requests.map(([, text]) => length(text));
    const predicting = sum(continuations);
    return flops({ tokens: sum(contexts) + predicting, visible: sum(contexts) / contexts.length, predicting });
  };
  return documents.reduce((total, document) => total + cost(document), 0);
}
