import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { HonEvalError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { readJsonObject } from './files.ts';
import { onlyGguf, openGgufPlace, readGgufCheckpoint } from './gguf/open.ts';
import { mergeAdapter } from './lora/apply.ts';
import { adapterBase, isAdapter, openAdapter, splitAdapter } from './lora/open.ts';
import { nameParameters } from './parameters.ts';
import { type OpenOptions, type OpenPlace, openPlace, type Wanted } from './place.ts';
import { findTokenizer, ifThere, openTokenizer, type TokenizerFiles } from './tokenizer_files.ts';
import { trainedTokens } from './trained_tokens.ts';
import type { Checkpoint } from './types.ts';
import { weightFormat } from './weight_format.ts';
import { readWeights, weightFiles } from './weights.ts';

export type { OpenOptions } from './place.ts';

export interface TokenizerOption {
  /** Where another tokenizer than the model's own is: a folder, a file or a repository. */
  tokenizer?: string;
}

/** What belongs to a model beside its weights; the rest of a repository is other formats of the same. */
const companions =
  /^(config|tokenizer|tokenizer_config|special_tokens_map|generation_config|adapter_config|trainer_state|checkpoint_metadata)\.json$|^chat_template\.|^(model\.safetensors|pytorch_model\.bin)\.index\.json$/;
/** Of those, what scoring does without; of two indexes it reads one. */
const optionalFiles =
  /^(special_tokens_map|generation_config|trainer_state|checkpoint_metadata|chat_template|pytorch_model\.bin\.index)\./;
const allButWeights: Wanted = { select: (path) => companions.test(path), optional: (path) => optionalFiles.test(path) };

/**
 * Finds a model by what the user calls it: a folder, or a repository of the hub as `owner/name` or
 * `owner/name@revision`, of which only the files that are needed are downloaded; a GGUF file in either. Each may be a
 * LoRA adapter, whose base model is before it, as `base+adapter`, or else the one that it names. Reads all of it but the
 * weights.
 *
 * Errors: `checkpoint` where it is missing, incomplete or damaged; those of `downloadSnapshot`.
 */
export async function openCheckpoint(
  spec: string,
  { tokenizer, ...options }: OpenOptions & TokenizerOption = {},
): Promise<Checkpoint> {
  const others = tokenizer === undefined ? undefined : await openTokenizer(tokenizer, options);
  return openModel(spec, options, others);
}

async function openModel(spec: string, options: OpenOptions, tokenizer?: TokenizerFiles): Promise<Checkpoint> {
  const [name, adapter] = await splitAdapter(spec);
  if (adapter !== undefined) {
    const place = await openPlace(adapter, allButWeights, options);
    return mergeInto(await openModel(name, options, tokenizer), spec, place);
  }
  const gguf = await openGgufPlace(name, options);
  if (gguf) return { ...(await readGgufCheckpoint(name, gguf)), ...tokenizer };
  const place = await openPlace(name, allButWeights, options);
  if (isAdapter(place))
    return mergeInto(await ofBase(spec, place, (base) => openModel(base, options, tokenizer)), spec, place);
  const file = onlyGguf(name, place);
  if (file !== undefined) return { ...(await readGgufCheckpoint(name, { place, file })), ...tokenizer };
  return readCheckpoint(name, place, tokenizer);
}

async function mergeInto(model: Checkpoint, name: string, place: OpenPlace): Promise<Checkpoint> {
  const adapter = await openAdapter(name, place);
  return {
    ...model,
    name,
    adapter: place.source,
    ...mergeAdapter(model, adapter),
    weightFiles: [...model.weightFiles, ...adapter.weightFiles],
  };
}

/** What a model's config.json says; nothing else of it is read or downloaded. Errors as of `openCheckpoint`. */
export async function openConfig(
  spec: string,
  options: OpenOptions = {},
): Promise<Pick<Checkpoint, 'name' | 'source' | 'config'>> {
  const [base, adapter] = await splitAdapter(spec);
  if (adapter !== undefined) return { ...(await openConfig(base, options)), name: spec };
  const gguf = await openGgufPlace(base, options);
  if (gguf) return readGgufCheckpoint(spec, gguf);
  const select = (path: string) => path === 'config.json' || path === 'adapter_config.json';
  const place = await openPlace(base, { select }, options);
  if (isAdapter(place)) return { ...(await ofBase(spec, place, (base) => openConfig(base, options))), name: spec };
  const file = onlyGguf(spec, place);
  if (file !== undefined) return readGgufCheckpoint(spec, { place, file });
  // Without it the place is something else, whose kind the names of its files tell.
  if (!place.files.includes('config.json')) weightFormat(spec, place.files);
  return { name: spec, source: place.source, config: await readConfigFile(place) };
}

/** What is opened of the model that an adapter names. Failures say that it is an adapter's. */
async function ofBase<T>(name: string, place: OpenPlace, open: (base: string) => Promise<T>): Promise<T> {
  const base = await adapterBase(name, place);
  try {
    return await open(base);
  } catch (error) {
    if (!(error instanceof HonEvalError) || error.kind === 'interrupted') throw error;
    const advice = `${name} is an adapter of ${base}; where its base is elsewhere, name both: BASE+${name}.`;
    throw new HonEvalError(error.kind, `${error.message} ${advice}`, { cause: error });
  }
}

function readConfigFile({ folder }: OpenPlace): Promise<JsonObject> {
  return readJsonObject(join(folder, 'config.json'));
}

async function readCheckpoint(name: string, place: OpenPlace, tokenizer?: TokenizerFiles): Promise<Checkpoint> {
  const { source, folder, files } = place;
  const format = weightFormat(name, files);
  const config = await readConfigFile(place);
  const tokenizerFiles = tokenizer ?? (await findTokenizer(name, place));
  await place.fetch(await weightFiles(folder, format));
  const stored = await readWeights(folder, format);
  const tensors = await nameParameters(name, config, stored.tensors);
  const shards = stored.files.map(async (file) => ({ name: file, path: await realpath(join(folder, file)) }));
  return {
    ...{ name, source, config, tensors, weightFiles: await Promise.all(shards), ...tokenizerFiles },
    generationConfigFile: ifThere(place, 'generation_config.json'),
    trainedTokens: await trainedTokens(place),
  };
}
