/** Attention maps by formula, for tests of what shows them. */

import type { AttentionMap, AttentionMaps } from '../../src/attention/maps.ts';
import { attentionNumbers, causalWeights, meanNumbers } from '../../src/attention/numbers.ts';
import { everyLayer } from '../../src/model/architecture.ts';
import type { HonSetting } from '../../src/model/hon.ts';

export const exampleTokens = ['The', ' cat', '\n', '\t\u0007', '', ' a very long token indeed', '<&">'];

const layers = 2;
const heads = 3;

/** A model of 2 layers and 3 heads, or as many as given, with one map a path. */
export function exampleMaps(name: string, paths: AttentionMap['path'][] = [[]], hon?: HonSetting): AttentionMaps {
  const n = exampleTokens.length;
  const config = {
    architecture: 'GPTNeoXForCausalLM',
    layers,
    hiddenSize: 12,
    heads,
    keyHeads: heads,
    headSize: 4,
    vocabularySize: 99,
    contextLength: 64,
    tiedHead: false,
    hon,
    attentions: everyLayer(layers, {}),
  };
  const backend = { name: 'onnx', version: '1', device: 'cpu', dtype: 'float32', threads: 1 } as const;
  const ids = [...exampleTokens.keys()];
  return { name, config, backend, ids, tokens: exampleTokens, maps: paths.map((path) => exampleMap(path, n)) };
}

function exampleMap(path: AttentionMap['path'], n: number): AttentionMap {
  const all = Array.from({ length: layers * heads }, (_, index) => {
    const scores = Float32Array.from({ length: n * n }, (_, cell) => Math.sin(cell * (index + 1) + path.length));
    const weights = causalWeights(scores, n);
    const numbers = attentionNumbers(scores, weights, n, 2 ** -23);
    return { layer: Math.floor(index / heads), head: index % heads, weights, numbers };
  });
  const mean = all[0].weights.map((_, cell) => all.reduce((sum, { weights }) => sum + weights[cell], 0) / all.length);
  return { path, heads: all, mean, numbers: meanNumbers(all.map(({ numbers }) => numbers)) };
}
