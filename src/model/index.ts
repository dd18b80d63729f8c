import { HonEvalError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { type Architecture, checkHon, type ModelConfig, type ParameterNames } from './architecture.ts';
import { gemma2, gemma3 } from './architectures/gemma.ts';
import { gptNeoX } from './architectures/gpt_neox.ts';
import { gpt2 } from './architectures/gpt2.ts';
import { llama, mistral, qwen2, qwen3, smolLm3 } from './architectures/llama.ts';
import { olmo2 } from './architectures/olmo2.ts';
import { opt } from './architectures/opt.ts';
import { phi3 } from './architectures/phi3.ts';
import { stableLm } from './architectures/stablelm.ts';
import type { Model, Ops } from './ops.ts';

/** Every architecture that hon-eval runs. */
const architectures: Architecture[] = [
  ...[gptNeoX, gpt2, opt, llama, mistral, qwen2, qwen3, smolLm3],
  ...[gemma2, gemma3, phi3, olmo2, stableLm],
];

export const architectureNames = architectures.map(({ name }) => name);

/** The architecture that config.json names, by `architectures` or, where that is missing, by `model_type`. */
function findArchitecture(config: JsonObject): Architecture {
  const named = Array.isArray(config.architectures) ? config.architectures[0] : undefined;
  const found = architectures.find((a) => (named ? a.name === named : a.modelType === config.model_type));
  if (found) return found;
  const wanted = named ?? config.model_type;
  if (/moe|mixtral|llama4|gpt_?oss|dbrx|deepseek_?v[23]/i.test(String(wanted)))
    throw new HonEvalError(
      'checkpoint',
      `The checkpoint's config.json names the architecture "${wanted}", a mixture of experts; hon-eval runs dense models.`,
    );
  throw new HonEvalError(
    'checkpoint',
    `The checkpoint's config.json names ${wanted ? `the architecture "${wanted}"` : 'no architecture'}; ` +
      `hon-eval runs ${architectureNames.join(', ')}.`,
  );
}

/** Checks a checkpoint's config.json; throws a `checkpoint` error that names what cannot be run. */
export function describeModel(config: JsonObject): ModelConfig {
  return parse(findArchitecture(config), config);
}

/** How checkpoints of config.json's architecture may call its parameters. */
export function parameterNames(config: JsonObject): ParameterNames {
  return findArchitecture(config).names;
}

/** Builds the model that config.json describes on a backend's operations. */
export function buildModel<T>(ops: Ops<T>, config: JsonObject): Model<T> {
  const architecture = findArchitecture(config);
  return architecture.build(ops, parse(architecture, config));
}

function parse(architecture: Architecture, config: JsonObject): ModelConfig {
  const parsed = architecture.parse(config);
  checkHon(parsed);
  return parsed;
}
