import { stringify } from 'yaml';
import type { ModelResults } from '../../results/model_results.ts';
import { sanitize, sanitizeModelName } from '../../results/paths.ts';
import { dateOf, type ExportedFigure, type ExportedFile, figuresOf } from './exported.ts';

/** The metadata of a model card (hub-docs' modelcard.md): to be put between its `---` lines. */
export function modelIndex(model: ModelResults): ExportedFile[] {
  const benchmarks = Map.groupBy(figuresOf(model), ({ benchmark, shots }) => JSON.stringify([benchmark, shots]));
  const results = [...benchmarks.values()].map((figures) => {
    const [{ benchmark, shots, figure }] = figures;
    return {
      task: { type: 'text-generation' },
      dataset: {
        name: figure.source.title ?? benchmark,
        type: figure.source.dataset ?? benchmark,
        ...(shots === null ? {} : { args: { num_few_shot: shots } }),
      },
      metrics: figures.map(({ metric, figure: { value } }) => ({ type: metricType(metric), value, name: metric })),
    };
  });
  const index = { 'model-index': [{ name: lastPart(model.ownName), results }] };
  return [{ path: `${sanitizeModelName(model.name)}/model-index.yaml`, content: stringify(index) }];
}

/** The metric's name on the hub. */
function metricType(metric: string): string {
  const [name] = metric.split(',');
  return name === 'acc' ? 'accuracy' : name;
}

function lastPart(name: string): string {
  return name.split('/').at(-1)!;
}

/**
 * Files of a model's repository that its page and the data sets' leaderboards show (hub-docs' eval_results.yaml): a file a
 * benchmark, with its own metric. Those without a data set of the hub have none.
 */
export function hubResults(model: ModelResults): ExportedFile[] {
  const shown = figuresOf(model).filter(({ isHeadline, figure }) => isHeadline && figure.source.dataset !== null);
  return shown.map(({ benchmark, shots, metric, figure }: ExportedFigure) => {
    const prompts = shots === null ? [] : [`${shots}-shot`];
    const entry = {
      dataset: { id: figure.source.dataset, task_id: benchmark },
      value: figure.value,
      ...(model.date === null ? {} : { date: dateOf(model) }),
      notes: [metric, ...prompts, `${model.library.name} ${model.library.version}`].join(', '),
    };
    const file = [sanitize(benchmark), ...prompts].join('_');
    return { path: `${sanitizeModelName(model.name)}/.eval_results/${file}.yaml`, content: stringify([entry]) };
  });
}
