import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { logResults, sender } from '../../../src/exchange/log/log_results.ts';
import { outcomes, writeResults } from '../../results/made_results.ts';

let folder: string;
let results: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-log-'));
  results = path.join(folder, 'results');
  for (const [step, right] of [
    [2000, '1110'],
    [1000, '1000'],
  ] as const)
    await writeResults(results, `runs/exp1/step_${step}`, [outcomes('piqa', right)]);
  vi.stubEnv('MLFLOW_TRACKING_TOKEN', 'secret');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe('tensorboard', () => {
  test('has one file a step, in their order, with checksums that a reader accepts', async () => {
    const logs = path.join(folder, 'logs');
    const { sent, failures } = await logResults([results], { to: [`tensorboard=${logs}`], tokensPerStep: 10 });
    expect(failures).toEqual([]);
    expect(sent.map(({ files }) => files.length)).toEqual([2]);
    const files = readdirSync(path.join(logs, 'runs__exp1'));
    expect(files.map((file) => file.split('.')[3])).toEqual(['000000001000', '000000002000']);
    const content = readFileSync(path.join(logs, 'runs__exp1', files[0]));
    // The first record of every event file, as TensorBoard itself writes it but for its date.
    expect(content.readBigUInt64LE()).toBe(24n);
    expect(content.subarray(8, 12).toString('hex')).toBe('a37f4b22');
    expect(content.toString('latin1')).toContain('brain.Event:2');
    for (const tag of ['piqa/acc', 'piqa/acc_stderr', 'tokens']) expect(content.toString('latin1')).toContain(tag);
  });
});

interface Asked {
  method: string;
  body: Record<string, unknown>;
}

/** Answers as MLflow's server does to what is asked of it here. */
function mlflowServer(asked: Asked[], isDown: () => boolean): Server {
  let experiment: object | undefined;
  const runs: { info: { run_id: string } }[] = [];
  return createServer(async (request, response) => {
    const [, method] = /^\/api\/2\.0\/mlflow\/([^?]*)/.exec(request.url ?? '')!;
    const body = request.method === 'POST' ? JSON.parse(await text(request)) : {};
    asked.push({ method, body });
    const answer = (status: number, content: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    };
    if (isDown()) return answer(503, {});
    if (request.headers.authorization !== 'Bearer secret') return answer(401, { message: 'who?' });
    if (method === 'experiments/get-by-name')
      return experiment ? answer(200, { experiment }) : answer(404, { error_code: 'RESOURCE_DOES_NOT_EXIST' });
    if (method === 'experiments/create') {
      experiment = { experiment_id: '7' };
      return answer(200, experiment);
    }
    if (method === 'runs/search') return answer(200, runs.length > 0 ? { runs } : {});
    if (method === 'runs/create') runs.push({ info: { run_id: 'r1' } });
    return answer(200, method === 'runs/create' ? { run: runs[0] } : {});
  });
}

describe('mlflow', () => {
  const asked: Asked[] = [];
  let isDown: boolean;
  let server: Server;
  let tracker: string;
  beforeEach(async () => {
    asked.length = 0;
    isDown = false;
    server = mlflowServer(asked, () => isDown);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    tracker = `mlflow=http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => void server.close());

  const metricsSent = () =>
    asked.flatMap(
      ({ body }) => (body.metrics ?? []) as { key: string; step: number; value: number; timestamp: number }[],
    );

  test('gets each step once, in one run that is found again', async () => {
    expect((await logResults([results], { to: [tracker] })).failures).toEqual([]);
    const accuracies = metricsSent().filter(({ key }) => key === 'piqa/acc');
    expect(accuracies).toMatchObject([
      { step: 1000, value: 0.25 },
      { step: 2000, value: 0.75 },
    ]);
    // However late they are sent.
    const written = Math.max(...metricsSent().map(({ timestamp }) => timestamp));
    expect(asked.at(-1)).toMatchObject({ method: 'runs/update', body: { end_time: written } });
    await writeResults(results, 'runs/exp1/step_3000', [outcomes('piqa', '1111')]);
    asked.length = 0;
    expect((await logResults([results], { to: [] })).sent).toEqual([]);
    expect((await logResults([results], { to: [tracker] })).sent.map(({ files }) => files.length)).toEqual([1]);
    expect(new Set(metricsSent().map(({ step }) => step))).toEqual(new Set([3000]));
    expect(asked.map(({ method }) => method)).not.toContain('runs/create');
  });

  test('an outage is said, and what was not sent is sent later without naming the place again', async () => {
    isDown = true;
    const { sent, failures } = await logResults([results], { to: [tracker], tokensPerStep: 100 });
    expect(sent).toEqual([]);
    expect(failures).toEqual([expect.stringMatching(/^runs\/exp1 was not sent to mlflow=.*answered 503/)]);
    isDown = false;
    expect((await logResults([results], { to: [] })).sent.map(({ files }) => files.length)).toEqual([2]);
    expect(metricsSent()).toContainEqual(expect.objectContaining({ key: 'tokens', step: 2000, value: 200_000 }));
  });

  test('a server that is not there is an outage too; a place that cannot be one is a usage error', async () => {
    const { failures } = await logResults([results], { to: ['mlflow=http://127.0.0.1:9'] });
    expect(failures).toEqual([expect.stringContaining('cannot be reached')]);
    await expect(logResults([results], { to: ['mlflow=./mlruns'] })).rejects.toMatchObject({ kind: 'usage' });
  });
});

/** A library that writes down how it is called, in the place of the real one. */
const recorder = `
import json, os
def note(*call):
    with open(os.environ["CALLS"], "a") as file: file.write(json.dumps(call) + "\\n")
class Run:
    def define_metric(self, *names, **options): note("define_metric", names, options)
    def log(self, row): note("run.log", row)
def init(**options): note("init", options); return Run()
def log(row, step): note("log", row, step)
def finish(): note("finish")
`;

const hasPython = spawnSync('python3', ['-V']).status === 0;

describe.skipIf(!hasPython)("Python's libraries", () => {
  test.each(['wandb', 'trackio'] as const)('%s is called as its documentation says', async (library) => {
    const [modules, calls] = [path.join(folder, 'modules'), path.join(folder, 'calls')];
    mkdirSync(modules);
    writeFileSync(path.join(modules, `${library}.py`), recorder);
    vi.stubEnv('PYTHONPATH', modules);
    vi.stubEnv('CALLS', calls);
    expect((await logResults([results], { to: [`${library}=mine`] })).failures).toEqual([]);
    const made = readFileSync(calls, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(made[0]).toMatchObject(['init', { project: 'mine', name: 'runs/exp1', resume: 'allow' }]);
    expect(made.at(-1)).toEqual(['finish']);
    const steps = made.filter(([name]) => name.endsWith('log'));
    expect(steps.map(([, row, step]) => [step ?? row.step, row['piqa/acc']])).toEqual([
      [1000, 0.25],
      [2000, 0.75],
    ]);
  });

  const finds = "import importlib.util as u; print(u.find_spec('wandb') is not None)";
  const hasWandb = hasPython && execFileSync('python3', ['-c', finds]).toString().trim() === 'True';

  test.skipIf(hasWandb)('a library that is missing is said, and no error', async () => {
    const { failures } = await logResults([results], { to: ['wandb'] });
    expect(failures).toEqual([expect.stringContaining("No module named 'wandb'")]);
  });
});

test('results are sent as they are written, and no tracker ends a run', async () => {
  const notices: string[] = [];
  const file = await writeResults(results, 'runs/exp1/step_9', [outcomes('piqa', '10')]);
  await sender({ to: ['mlflow=http://127.0.0.1:9'] }, (message) => notices.push(message))(file);
  await sender({ to: [`tensorboard=${path.join(folder, 'logs')}`] }, (message) => notices.push(message))(file);
  await sender({ to: ['mlflow=http://127.0.0.1:9'] }, (message) => notices.push(message))(
    path.join(folder, 'none.json'),
  );
  // What waits for a tracker that is down is tried again with the file.
  expect(notices).toHaveLength(3);
  expect(notices[0]).toMatch(/cannot be reached .* It stays to be sent: hon-eval log .*runs__exp1__step_9$/);
  expect(readdirSync(path.join(folder, 'logs'))).toEqual(['runs__exp1']);
  expect(() => sender({ to: ['wandbb'] }, () => {})).toThrow('Expected one of');
});

test('an unknown tracker is a usage error', async () => {
  await expect(logResults([results], { to: ['wandbb'] })).rejects.toMatchObject({
    kind: 'usage',
    message: 'Expected one of tensorboard, mlflow, wandb, trackio, or NAME=PLACE, got "wandbb".',
  });
});
