import Run from './run.ts';
import Tasks from './tasks.ts';

/** Every command by its name. */
export const commands = { run: Run, tasks: Tasks };
