import { HonEvalError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { Architecture, ModelConfig, ParameterNames } from './architecture.ts';
import { gptNeoX } from './gpt_neox.ts';
import { llama, qwen2 } from './llama.ts';
import type { Model, Ops } from './ops.ts';

/** Every architecture that hon-eval runs. */
const architectures: Architecture[] = [gptNeoX, qwen2, llama];

/** The architecture that config.json names, by `architectures` or, where that is missing, by `model_type`. */
function findArchitecture(config: JsonObject): Architecture {
  const named = Array.isArray(config.architectures) ? config.architectures[0] : undefined;
  const found = architectures.find((a) => (named ? a.name === named : a.modelType === config.model_type));
  if (found) return found;
  const wanted = named ?? config.model_type;
  throw new HonEvalError(
    'checkpoint',
    `The checkpoint's config.json names ${wanted ? `the architecture "${wanted}"` : 'no architecture'}; ` +
      `hon-eval runs ${architectures.map((a) => a.name).join(', ')}.`,
  );
}

/** Checks a checkpoint's config.json; throws a `checkpoint` error that names what cannot be run. */
export function describeModel(config: JsonObject): ModelConfig {
  return findArchitecture(config).parse(config);
}

/** How checkpoints of config.json's architecture may call its parameters. */
export function parameterNames(config: JsonObject): ParameterNames {
  return findArchitecture(config).names;
}

/** Builds the model that config.json describes on a backend's operations. */
export function buildModel<T>(ops: Ops<T>, config: JsonObject): Model<T> {
  const architecture = findArchitecture(config);
  return architecture.build(ops, architecture.parse(config));
}
