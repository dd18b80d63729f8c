import type { LoadedDecoder } from '../../../src/backend/backend.ts';
import { Sequences } from '../../../src/backend/sequences.ts';
import type { GeneratingModel } from '../../../src/harness/generate/generate.ts';
import type { ModelConfig } from '../../../src/model/architecture.ts';

/** What continuing texts needs to know of a model. */
type Window = Pick<ModelConfig, 'contextLength' | 'long'>;

/** Token ids as text: `<5><12>`. */
export const decode = (tokens: number[]) => tokens.map((token) => `<${token}>`).join('');

/** A model that continues sequences with caches, in this thread. */
export function cachedModel(
  decoder: LoadedDecoder,
  { contextLength, long }: Window,
  cacheTokens = Infinity,
): GeneratingModel {
  const sequences = new Sequences(decoder, long);
  return {
    contextLength,
    long,
    cacheTokens,
    decode,
    read: (tokens) => sequences.read(tokens),
    put: async (place, from) => sequences.put(place, from),
    async step(tokens) {
      const logits = await sequences.step(tokens);
      const size = logits.length / tokens.length;
      return tokens.map((_, i) => logits.subarray(i * size, (i + 1) * size));
    },
  };
}

/** A model that reads the whole of every sequence anew for each token. */
export function recomputingModel(decoder: LoadedDecoder, { contextLength, long }: Window): GeneratingModel {
  let aside: readonly number[] = [];
  const places: (readonly number[])[] = [];
  const read = (tokens: readonly number[]) => new Sequences(decoder, long).read(tokens);
  return {
    contextLength,
    cacheTokens: Infinity,
    decode,
    read(tokens) {
      aside = tokens;
      return read(tokens);
    },
    async put(place, from) {
      places[place] = from === undefined ? aside : places[from];
    },
    async step(tokens) {
      places.length = tokens.length;
      const logits: Float32Array[] = [];
      for (const [place, token] of tokens.entries()) {
        places[place] = [...places[place], token];
        logits.push(await read(places[place]));
      }
      return logits;
    },
  };
}
