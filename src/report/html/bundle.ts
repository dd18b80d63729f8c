import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * A module with all that it imports as one script. Modules have to import each other by name and relative path, without
 * cycles, and to export functions and constants with names that are unique among them.
 */
export function bundle(entry: URL): string {
  const modules = new Map<string, string>();
  collect(entry, modules);
  return `(() => {\n'use strict';\n${[...modules.values()].join('\n')}})();\n`;
}

/** Adds a module behind those that it imports. */
function collect(url: URL, modules: Map<string, string>): void {
  if (modules.has(url.href)) return;
  const source = javaScript(url);
  for (const [, specifier] of source.matchAll(importStatement)) collect(new URL(specifier, url), modules);
  modules.set(url.href, source.replace(importStatement, '').replace(/^export (?=(async )?function |const )/gm, ''));
}

const importStatement = /^import [^;]*? from '(\.[^']+)';$/gm;

/** As the built package has it; from the sources, without their types. */
function javaScript(url: URL): string {
  const source = readFileSync(fileURLToPath(url), 'utf8');
  if (!url.pathname.endsWith('.ts')) return source.replace(/^export \{\};$/gm, '');
  return stripTypeScriptTypes(source);
}
