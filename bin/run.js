#!/usr/bin/env node
import module from 'node:module';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`hon-eval needs Node 22.18 or newer, and this is ${process.versions.node}.`);
  process.exit(2);
}
// What has been compiled once is not compiled at each start, of threads and of other processes as well.
module.enableCompileCache();
const cache = module.getCompileCacheDir();
if (cache) process.env.NODE_COMPILE_CACHE ??= cache;
const { main } = await import('../dist/src/commands/main.js');
await main(process.argv.slice(2), import.meta.url);
