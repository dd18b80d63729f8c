import { honLabel } from '../../model/hon.ts';
import type { ModelResults } from '../../results/model_results.ts';
import { sanitize } from '../../results/paths.ts';
import { sha256 } from '../../sha256.ts';
import { dateOf, type ExportedFigure, type ExportedFile, type ExportOptions, figuresOf } from './exported.ts';

const schemaVersion = '0.3.0';

/** A record of Every Eval Ever's datastore: github.com/evaleval/every_eval_ever, eval.schema.json 0.3.0. */
export function everyEvalEver(
  model: ModelResults,
  { organization, relationship }: ExportOptions,
  now: Date,
): ExportedFile[] {
  const [id, revision] = model.ownName.split('@');
  const [developer, name] = id.includes('/')
    ? [id.slice(0, id.lastIndexOf('/')), id.slice(id.lastIndexOf('/') + 1)]
    : ['unknown', id];
  const retrieved = String(Math.floor(now.getTime() / 1000));
  const record = {
    schema_version: schemaVersion,
    evaluation_id: `hon-eval/${model.ownName}/${retrieved}`,
    ...(model.date === null ? {} : { evaluation_timestamp: String(Math.floor(model.date)) }),
    retrieved_timestamp: retrieved,
    source_metadata: {
      source_name: model.library.name,
      source_type: 'evaluation_run',
      source_organization_name: organization,
      evaluator_relationship: relationship,
    },
    eval_library: model.library,
    model_info: {
      name: model.name,
      id,
      developer,
      additional_details: {
        deployment_type: 'self_deployed',
        model_availability: 'unknown', // a name does not tell whether the weights are public
        attention: honLabel(model.honSetting ?? undefined),
        ...(revision === undefined ? {} : { revision }),
        ...(model.parameters === null ? {} : { parameters: String(model.parameters) }),
        ...(model.weights === null ? {} : { weights_sha256: model.weights }),
      },
    },
    evaluation_results: figuresOf(model).map((each) => evaluationResult(each, dateOf(model))),
  };
  const digest = sha256(`${model.ownName}\n${model.date}\n${model.file}`);
  const uuid = digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
  return [
    { path: `${sanitize(developer)}/${sanitize(name)}/${uuid}.json`, content: `${JSON.stringify(record, null, 2)}\n` },
  ];
}

function evaluationResult({ benchmark, shots, metric, figure }: ExportedFigure, date: string | undefined): object {
  const { value, stderr, higherIsBetter, unit, range, source } = figure;
  const [least, most] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const isBounded = Number.isFinite(least) && Number.isFinite(most);
  const samples = source.size === null ? {} : { num_samples: source.size };
  return {
    evaluation_result_id: [benchmark, ...(shots === null ? [] : [`${shots}-shot`]), metric].join('/'),
    evaluation_name: benchmark,
    source_data: {
      dataset_name: benchmark,
      ...(source.dataset === null ? { source_type: 'other' } : { source_type: 'hf_dataset', hf_repo: source.dataset }),
      ...(source.dataset === null || source.available === null ? {} : { samples_number: source.available }),
    },
    ...(date === undefined ? {} : { evaluation_timestamp: date }),
    metric_config: {
      metric_id: unit === 'accuracy' && metric === 'acc' ? 'accuracy' : metric,
      metric_name: metric,
      ...(unit === null ? {} : { metric_kind: unit }),
      lower_is_better: !higherIsBetter,
      ...(isBounded ? { score_type: 'continuous', min_score: least, max_score: most } : {}),
      ...(shots === null ? {} : { additional_details: { num_fewshot: String(shots) } }),
    },
    score_details: {
      score: value,
      ...(stderr === null ? {} : { uncertainty: { standard_error: { value: stderr }, ...samples } }),
    },
  };
}
