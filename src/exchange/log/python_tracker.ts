import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { HonEvalError } from '../../errors.ts';
import { sha256 } from '../../sha256.ts';
import type { Tracker } from './logged_run.ts';

/**
 * What has no interface but a Python library: wandb and trackio, which share their calls. The library is that of
 * `python3`, and its own settings (WANDB_MODE=offline, TRACKIO_DIR, …) say where it keeps what it gets.
 */
export function pythonTracker(library: 'wandb' | 'trackio'): Tracker {
  return {
    async send(checkpoints, project = 'hon-eval') {
      const [{ run, settings }] = checkpoints;
      const { model: _, weights_sha256: __, ...config } = settings;
      const id = sha256(run).slice(0, 16);
      const rows = checkpoints.map(({ step, metrics }) => ({ step, metrics }));
      const input = JSON.stringify({ library, project, run, id, config, rows });
      const child = spawn('python3', ['-c', program], { stdio: ['pipe', 'ignore', 'pipe'] });
      const ended = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
      // A program that ends early does not read what it is given; its exit code tells.
      child.stdin.on('error', () => {}).end(input);
      const [errors, code] = await Promise.all([text(child.stderr), ended.catch(() => 127)]);
      if (code === 0) return;
      const last = errors.trimEnd().split('\n').at(-1)?.slice(0, 300) || `exit code ${code}`;
      throw new HonEvalError('network', `Python's ${library} did not take the results (${last}).`);
    },
  };
}

/** Reads one run as JSON. Steps are a metric of their own, so that a step may come after a later one. */
const program = `
import importlib, json, sys
given = json.load(sys.stdin)
library = importlib.import_module(given["library"])
settings = {"project": given["project"], "name": given["run"], "config": given["config"], "resume": "allow"}
if given["library"] == "wandb":
    run = library.init(id=given["id"], **settings)
    run.define_metric("step")
    run.define_metric("*", step_metric="step")
    for row in given["rows"]:
        run.log({"step": row["step"], **row["metrics"]})
else:
    library.init(**settings)
    for row in given["rows"]:
        library.log(row["metrics"], step=row["step"])
library.finish()
`;
