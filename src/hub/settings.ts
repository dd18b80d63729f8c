import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { HonEvalError } from '../errors.ts';

/** What the environment says about the hub: the variables that Python's huggingface_hub reads, with its defaults. */
export interface HubSettings {
  /** Base address without a trailing slash. */
  endpoint: string;
  /** Folder that holds `models--owner--name`, absolute. */
  cacheFolder: string;
  token?: string;
  /** A user and password of the endpoint's address, as the header has them; sent where there is no token. */
  basic?: string;
  /** Whether the network must not be used. */
  offline: boolean;
}

type Environment = Record<string, string | undefined>;

/** Reads the environment, and the token file where no variable names a token. */
export async function readHubSettings(env: Environment = process.env): Promise<HubSettings> {
  const folder = (name: string) => expand(env[name], env);
  const home = folder('HF_HOME') ?? join(folder('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'huggingface');
  const token = await readToken(env, folder('HF_TOKEN_PATH') ?? join(home, 'token'));
  const { endpoint, basic } = readAddress(env, 'HF_ENDPOINT', 'https://huggingface.co');
  return {
    endpoint,
    token,
    basic,
    cacheFolder: resolve(folder('HF_HUB_CACHE') ?? folder('HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub')),
    offline: isTrue(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE),
  };
}

/**
 * The address that a variable names, without what must not be printed: a user and password, and what follows the path.
 * @param usual The address where the variable is not set.
 */
export function readAddress(env: Environment, name: string, usual: string): Pick<HubSettings, 'endpoint' | 'basic'> {
  const address = env[name] || usual;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new HonEvalError('usage', `${name} is not the address of a server: expected one such as ${usual}.`);
  const { origin, pathname, username, password } = url;
  const pair = [username, password].map(decodeURIComponent).join(':');
  const basic = username ? `Basic ${Buffer.from(pair).toString('base64')}` : undefined;
  return { endpoint: origin + pathname.replace(/\/+$/, ''), basic };
}

async function readToken(env: Environment, file: string): Promise<string | undefined> {
  if (isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  const named = cleanToken(env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN);
  return named ?? cleanToken(await readFile(file, 'utf8').catch(() => undefined));
}

function cleanToken(token: string | undefined): string | undefined {
  return token?.replace(/[\r\n]/g, '').trim() || undefined;
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes((value ?? '').toUpperCase());
}

/** A path as a shell would have read it: `~` and `$NAME` are common in `.env` files, which no shell expands. */
function expand(path: string | undefined, env: Environment): string | undefined {
  if (!path) return undefined;
  const named = path.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced, bare) => env[braced ?? bare] ?? whole);
  return named.replace(/^~(?=$|[/\\])/, homedir());
}
