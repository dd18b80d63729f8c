/** Every reader of files that may come from anywhere, with honest files to begin from. */
import { modelReaders } from './model.ts';
import type { Reader } from './reader.ts';
import { resultReaders } from './results.ts';
import { rowReaders } from './rows.ts';
import { taskReaders } from './tasks.ts';
import { weightReaders } from './weights.ts';

export const readers: Reader[] = [...rowReaders, ...weightReaders, ...modelReaders, ...resultReaders, ...taskReaders];
