import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HonEvalError } from '../errors.ts';
import { downloadSnapshot } from '../hub/download.ts';
import type { Snapshot, SnapshotRequest } from '../hub/types.ts';
import { readJsonObject, refuseGitLfsPointer } from './files.ts';
import { nameParameters } from './parameters.ts';
import { readSafetensors, readShardedSafetensors, readShards, type ShardedTensors } from './safetensors.ts';
import type { Checkpoint, CheckpointSource } from './types.ts';
import { indexFile, python, singleFile, type WeightFormat, weightFormat } from './weight_format.ts';

/** What belongs to a model beside its weights; the rest of a repository is other formats of the same. */
const companions =
  /^(config|tokenizer|tokenizer_config|special_tokens_map|generation_config)\.json$|^chat_template\.|^model\.safetensors\.index\.json$/;
/** Of those, what scoring does without. */
const niceties = /^(special_tokens_map|generation_config|chat_template)\./;

export type OpenOptions = Pick<SnapshotRequest, 'onProgress' | 'onNotice' | 'signal'>;

/**
 * Finds a model by what the user calls it: a folder, or a repository of the hub as `owner/name` or
 * `owner/name@revision`, of which only the files that are needed are downloaded. Reads all of it but the weights.
 *
 * Errors: `checkpoint` where it is missing, incomplete or damaged; those of `downloadSnapshot`.
 */
export async function openCheckpoint(spec: string, options: OpenOptions = {}): Promise<Checkpoint> {
  const place = await findPlace(spec);
  return 'path' in place ? openFolder(spec, place.path) : openRepository(spec, place, options);
}

/** What a model's config.json says; nothing else of it is read or downloaded. Errors as of `openCheckpoint`. */
export async function openConfig(
  spec: string,
  options: OpenOptions = {},
): Promise<Pick<Checkpoint, 'name' | 'source' | 'config'>> {
  const place = await findPlace(spec);
  if ('path' in place) {
    const config = await readJsonObject(join(place.path, 'config.json'));
    return { name: spec, source: { kind: 'folder', path: place.path }, config };
  }
  const select = (path: string) => path === 'config.json';
  const { folder, commit } = await download(spec, { ...request(place, options), select });
  const config = await readJsonObject(join(folder, 'config.json'));
  return { name: spec, source: { kind: 'hub', ...place, commit }, config };
}

/** Where a model is: a folder of this machine, or a repository of the hub. */
type Place = { path: string } | { repo: string; revision: string };

async function findPlace(spec: string): Promise<Place> {
  const stats = await stat(spec).catch(() => undefined);
  if (stats?.isDirectory()) return { path: resolve(spec) };
  if (stats) throw new HonEvalError('checkpoint', `The model ${spec} is a file; name the folder that it is in.`);
  const { repo, revision = 'main' } =
    /^(?<repo>[^/@\\.~][^/@\\]*\/[^/@\\]+)(@(?<revision>.+))?$/.exec(spec)?.groups ?? {};
  if (repo) return { repo, revision };
  const alternative = /[/\\]/.test(spec) ? '' : ', and it is not owner/name, as a repository of the hub is called';
  throw new HonEvalError('checkpoint', `There is no folder "${spec}"${alternative}.`);
}

async function openFolder(name: string, path: string): Promise<Checkpoint> {
  return readCheckpoint(name, { kind: 'folder', path }, path, await readdir(path));
}

async function openRepository(name: string, place: { repo: string; revision: string }, options: OpenOptions) {
  const listed = new Set<string>();
  const select = (path: string) => companions.test(listed.add(path) && path);
  const optional = (path: string) => niceties.test(path);
  const { folder, commit } = await download(name, { ...request(place, options), select, optional });
  const weights = await weightNames(name, folder, [...listed]);
  // By its commit, for the branch may move in between, and the listing is in the cache by now.
  const pinned = request({ ...place, revision: commit }, options);
  await downloadSnapshot({ ...pinned, select: (path) => weights.includes(path) });
  return readCheckpoint(name, { kind: 'hub', ...place, commit }, folder, [...listed]);
}

function request(place: { repo: string; revision: string }, options: OpenOptions) {
  return { type: 'model', ...place, ...options } as const;
}

function download(name: string, wanted: SnapshotRequest): Promise<Snapshot> {
  return downloadSnapshot(wanted).catch((error) => {
    throw mentionFolder(error, name);
  });
}

/** What looks like a repository may have been meant as a folder. */
function mentionFolder(error: unknown, name: string): unknown {
  if (!(error instanceof HonEvalError) || !['notFound', 'network'].includes(error.kind)) return error;
  return new HonEvalError(error.kind, `${error.message} Nor is there a folder "${name}".`, { cause: error });
}

async function weightNames(name: string, folder: string, files: string[]): Promise<string[]> {
  if (weightFormat(name, files) === singleFile) return [singleFile];
  return readShards(join(folder, indexFile));
}

async function readCheckpoint(
  name: string,
  source: CheckpointSource,
  folder: string,
  files: string[],
): Promise<Checkpoint> {
  const format = weightFormat(name, files);
  const config = await readJsonObject(join(folder, 'config.json'));
  const companionFiles = await findCompanions(name, folder, files);
  const { tensors: stored, shards } = await readWeights(folder, format);
  const tensors = await nameParameters(name, config, stored);
  const weightFiles = shards.map(async (shard) => ({ name: shard, path: await realpath(join(folder, shard)) }));
  return { name, source, config, tensors, weightFiles: await Promise.all(weightFiles), ...companionFiles };
}

async function readWeights(folder: string, format: WeightFormat): Promise<ShardedTensors> {
  if (format === indexFile) return readShardedSafetensors(join(folder, indexFile));
  return { tensors: await readSafetensors(join(folder, singleFile)), shards: [singleFile] };
}

/** The tokenizer, which has to be there, and what may be beside it. */
async function findCompanions(name: string, folder: string, files: string[]) {
  if (!files.includes('tokenizer.json')) {
    const make = `AutoTokenizer.from_pretrained(${python(name)}).save_pretrained("FOLDER")`;
    const also = files.includes('tokenizer.model') ? ', sentencepiece and protobuf, from its tokenizer.model' : '';
    const message = `The model ${name} has no tokenizer.json; make one with Python's transformers${also}: ${make}.`;
    throw new HonEvalError('checkpoint', message);
  }
  const tokenizerFile = join(folder, 'tokenizer.json');
  await refuseGitLfsPointer(tokenizerFile);
  const ifThere = (file: string) => (files.includes(file) ? join(folder, file) : undefined);
  return {
    tokenizerFile,
    tokenizerConfigFile: ifThere('tokenizer_config.json'),
    chatTemplateFile: ifThere('chat_template.jinja'),
    generationConfigFile: ifThere('generation_config.json'),
  };
}
