/** A real Chromium for tests of pages. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why there is none; null where there is one. */
export const lackingChromium = existsSync(executablePath)
  ? null
  : `no Chromium at ${executablePath}; CHROMIUM_PATH names another place`;

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath, args: flags });
}
