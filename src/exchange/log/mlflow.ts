import { HonEvalError, reason } from '../../errors.ts';
import type { Json, JsonObject } from '../../json.ts';
import { sha256 } from '../../sha256.ts';
import type { LoggedCheckpoint, Tracker } from './logged_run.ts';

/** Metrics, and parameters, that MLflow takes at once. */
const batchLimits = { metrics: 1000, params: 100 };
const answerTimeout = 20_000;

/**
 * MLflow's REST interface (mlflow.org/docs/latest/rest-api.html). The address is MLFLOW_TRACKING_URI, the experiment
 * MLFLOW_EXPERIMENT_NAME, and who one is MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and _PASSWORD, as for its own
 * clients. A training run is one MLflow run, found again by a tag.
 */
export const mlflow: Tracker = {
  check(place) {
    openServer(place);
  },
  async send(checkpoints, place) {
    const server = openServer(place);
    const experiment = await experimentId(server, process.env.MLFLOW_EXPERIMENT_NAME || 'hon-eval');
    const run = await runId(server, experiment, checkpoints[0]);
    const metrics = checkpoints.flatMap(({ metrics, step, date }) =>
      Object.entries(metrics).map(([key, value]) => ({ key, value, step, timestamp: Math.round(date * 1000) })),
    );
    for (let at = 0; at < metrics.length; at += batchLimits.metrics)
      await server.post('runs/log-batch', { run_id: run, metrics: metrics.slice(at, at + batchLimits.metrics) });
    const tags = checkpoints.map(({ step, settings }) => ({
      key: `hon_eval.step.${step}`,
      value: JSON.stringify(settings),
    }));
    for (let at = 0; at < tags.length; at += batchLimits.params)
      await server.post('runs/log-batch', { run_id: run, tags: tags.slice(at, at + batchLimits.params) });
    // Results may be sent long after they were written.
    const end = Math.round(Math.max(...checkpoints.map(({ date }) => date)) * 1000);
    await server.post('runs/update', { run_id: run, status: 'FINISHED', end_time: end });
  },
};

interface Server {
  /** null where the server says that there is no such thing. */
  get(method: string, query: Record<string, string>): Promise<JsonObject | null>;
  post(method: string, body: object): Promise<JsonObject>;
}

function openServer(given: string | undefined): Server {
  const place = given ?? process.env.MLFLOW_TRACKING_URI;
  if (!place || !/^https?:\/\//.test(place)) {
    const came = place ? `got ${place}` : 'got none';
    throw new HonEvalError(
      'usage',
      `Expected the http(s) address of an MLflow server, mlflow=http://… or MLFLOW_TRACKING_URI; ${came}.`,
    );
  }
  const base = `${place.replace(/\/+$/, '')}/api/2.0/mlflow/`;
  const ask = async (method: string, query: string, init: RequestInit): Promise<JsonObject | null> => {
    const headers = { ...authorisation(), 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(answerTimeout);
    const response = await fetch(`${base}${method}${query}`, { ...init, headers, signal }).catch((error) => {
      throw new HonEvalError(
        'network',
        `The MLflow server ${place} cannot be reached (${reason(error.cause ?? error)}).`,
        {
          cause: error,
        },
      );
    });
    const answer = (await response.json().catch(() => ({}))) as { [key: string]: Json };
    if (response.ok) return answer as JsonObject;
    if (answer.error_code === 'RESOURCE_DOES_NOT_EXIST') return null;
    throw new HonEvalError(
      'network',
      `The MLflow server ${place} answered ${response.status} to ${method}: ${String(answer.message ?? 'no reason').slice(0, 300)}.`,
    );
  };
  return {
    get: (method, query) => ask(method, `?${new URLSearchParams(query)}`, {}),
    post: async (method, body) => {
      const answer = await ask(method, '', { method: 'POST', body: JSON.stringify(body) });
      if (answer) return answer;
      throw new HonEvalError('network', `The MLflow server ${place} no longer has what ${method} was about.`);
    },
  };
}

function authorisation(): Record<string, string> {
  const {
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_TRACKING_USERNAME: user,
    MLFLOW_TRACKING_PASSWORD: password,
  } = process.env;
  if (token) return { authorization: `Bearer ${token}` };
  return user ? { authorization: `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}` } : {};
}

async function experimentId(server: Server, name: string): Promise<string> {
  const found = await server.get('experiments/get-by-name', { experiment_name: name });
  const { experiment_id: id } = (found?.experiment ??
    (await server.post('experiments/create', { name }))) as JsonObject;
  return String(id);
}

/** By a digest of the run's name, which needs no quoting in a filter. */
async function runId(server: Server, experiment: string, { run, date, settings }: LoggedCheckpoint): Promise<string> {
  const digest = sha256(run);
  const filter = `tags.hon_eval_run = '${digest}'`;
  const body = { experiment_ids: [experiment], filter, max_results: 1 };
  const [found] = ((await server.post('runs/search', body)).runs ?? []) as { info: { run_id: string } }[];
  if (found) return found.info.run_id;
  const tags = [
    { key: 'mlflow.source.name', value: 'hon-eval' },
    { key: 'hon_eval_run', value: digest },
  ];
  const start = { experiment_id: experiment, run_name: run, start_time: Math.round(date * 1000), tags };
  const { run: made } = (await server.post('runs/create', start)) as unknown as { run: { info: { run_id: string } } };
  const { model: _, weights_sha256: __, ...shared } = settings;
  const params = Object.entries({ run, ...shared }).map(([key, value]) => ({ key, value }));
  await server.post('runs/log-batch', { run_id: made.info.run_id, params });
  return made.info.run_id;
}
