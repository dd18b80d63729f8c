import { vi } from 'vitest';

/** Has this process ask a hub, with a cache of its own, whatever its environment says; until `vi.unstubAllEnvs`. */
export function stubHub(endpoint: string, home: string): void {
  for (const name of Object.keys(process.env).filter((key) => /^(HF_|HUGGING|TRANSFORMERS_)/.test(key)))
    vi.stubEnv(name, undefined);
  vi.stubEnv('HF_ENDPOINT', endpoint);
  vi.stubEnv('HF_HOME', home);
}
