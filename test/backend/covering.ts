/** The few checkpoints that between them have all that the graphs of many are made of. */
import { Graph } from '../../src/backend/onnx/graph.ts';
import { onnxOps } from '../../src/backend/onnx/ops.ts';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import { buildModel } from '../../src/model/index.ts';

/** A node of a graph: its operator with its attributes, and the same of the nodes that its inputs come from. */
interface Joined {
  kind: string;
  sources: string[];
}

/** Attributes that say how large something is, and not what is done. */
const sizes = new Set(['num_heads', 'rotary_embedding_dim', 'epsilon']);

class JoinedGraph extends Graph {
  readonly joined: Joined[] = [];
  readonly #kinds = new Map<string, string>();

  override node(...[operator, inputs, attributes = {}]: Parameters<Graph['node']>): ReturnType<Graph['node']> {
    const output = super.node(operator, inputs, attributes);
    const kind = operator + JSON.stringify(Object.entries(attributes).filter(([name]) => !sizes.has(name)));
    this.joined.push({ kind, sources: inputs.map((input) => this.#kinds.get(input?.name ?? '') ?? '') });
    this.#kinds.set(output.name, kind);
    return output;
  }
}

/** Graphs of the checkpoints in a folder, with attention as WebGPU has it, by the checkpoints' names. */
async function readGraphs(folder: string, names: readonly string[]): Promise<Map<string, Joined[]>> {
  const graphs = new Map<string, Joined[]>();
  for (const name of names) {
    const { config, tensors } = await openCheckpoint(`${folder}${name}`);
    const graph = new JoinedGraph();
    const ops = onnxOps(graph, { tensors, dtype: 'float32', attention: 'plain' });
    buildModel(ops, config).score(ops.batch([]));
    graphs.set(name, graph.joined);
  }
  return graphs;
}

/** What a checkpoint is looked at for: all kinds of nodes, or also which of them read each other, and as which input. */
const features = {
  nodes: ({ kind }: Joined) => [kind],
  joints: ({ kind, sources }: Joined) => sources.map((source, i) => `${source} ${i} ${kind}`),
};

/** Some of the checkpoints that have every feature that any of them has; the most telling ones first. */
export async function covering(
  folder: string,
  names: readonly string[],
  what: keyof typeof features,
): Promise<string[]> {
  const graphs = await readGraphs(folder, names);
  const had = new Map([...graphs].map(([name, nodes]) => [name, new Set(nodes.flatMap(features[what]))]));
  const missing = new Set([...had.values()].flatMap((all) => [...all]));
  const chosen: string[] = [];
  while (missing.size > 0) {
    const gain = (name: string) => [...had.get(name)!].filter((feature) => missing.has(feature)).length;
    const best = names.reduce((a, b) => (gain(b) > gain(a) ? b : a));
    for (const feature of had.get(best)!) missing.delete(feature);
    chosen.push(best);
  }
  return chosen;
}
