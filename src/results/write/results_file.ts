import os from 'node:os';
import type { RunRecord, SpecialToken } from '../../harness/record/run_record.ts';
import { formatFloat, PythonFloat, type PythonObject, type PythonValue } from '../../python/write_json.ts';
import { sha256 } from '../../sha256.ts';
import { sanitizeModelName } from '../paths.ts';
import { taskBlocks } from './benchmark_blocks.ts';
import { honEvalBlock } from './hon_eval_block.ts';
import { generationArguments } from './sample_line.ts';

/**
 * results_*.json: lm-evaluation-harness 0.4.13's `EvalResults` (lm_eval/result_schema.py) with its keys in its order,
 * then `hon_eval`. What it has and a run has not (a git hash, or seeds and a chat template for log-likelihoods) is null.
 *
 * @param taskHashes by benchmark: sha256 of its samples' doc, prompt and target hashes, joined
 */
export function buildResults(record: RunRecord, taskHashes: Readonly<Record<string, string>>): PythonObject {
  return {
    ...taskBlocks(record),
    config: configBlock(record),
    git_hash: null,
    date: new PythonFloat(record.startedAt.getTime() / 1000),
    ...environmentBlocks(record),
    ...tokenizerBlocks(record),
    task_hashes: taskHashes,
    ...modelBlocks(record),
    total_evaluation_time_seconds: formatFloat(record.totalSeconds),
    hon_eval: honEvalBlock(record),
  };
}

function configBlock({ model, backend, limit, generation }: RunRecord): PythonObject {
  const { source, adapter } = model;
  const hub = source.kind === 'hub';
  return {
    model: 'hon-eval',
    model_args: {
      pretrained: hub ? source.repo : adapter ? source.path : model.name,
      ...(hub ? { revision: source.revision } : {}),
      ...(adapter ? { peft: adapter.kind === 'hub' ? adapter.repo : adapter.path } : {}),
      dtype: backend.dtype,
    },
    model_num_parameters: model.parameters,
    model_dtype: `torch.${backend.dtype}`, // the prefix is part of the name that readers of these files know
    model_revision: hub ? source.revision : 'main',
    model_sha: hub ? source.commit : '',
    ...(adapter ? { peft_sha: adapter.kind === 'hub' ? adapter.commit : '' } : {}),
    batch_size: null,
    batch_sizes: [],
    device: backend.device,
    use_cache: null,
    limit,
    bootstrap_iters: 100000, // the default: with 0 there would be no standard errors; means need no bootstrap
    gen_kwargs: generation && generationArguments(generation),
    random_seed: generation?.seed ?? null,
    numpy_seed: null,
    torch_seed: null,
    fewshot_seed: null,
  };
}

function environmentBlocks({ versions }: RunRecord): PythonObject {
  const lines = [
    ...Object.entries(versions).map(([name, version]) => `${name}: ${version}`),
    `OS: ${os.type()} ${os.release()} (${os.arch()})`,
    `CPU: ${os.cpus()[0]?.model ?? 'unknown'}, ${os.availableParallelism()} threads`,
    `Memory: ${(os.totalmem() / 2 ** 30).toFixed(1)} GiB`,
  ];
  return {
    pretty_env_info: lines.join('\n'),
    transformers_version: 'N/A',
    lm_eval_version: 'N/A',
    upper_git_hash: null,
  };
}

function tokenizerBlocks({ tokenizer, maxLength }: RunRecord): PythonObject {
  return {
    tokenizer_pad_token: specialToken(tokenizer.pad),
    tokenizer_eos_token: specialToken(tokenizer.eos),
    tokenizer_bos_token: specialToken(tokenizer.bos),
    eot_token_id: tokenizer.eot,
    max_length: maxLength,
  };
}

/** `[token, str(token_id)]`, where Python has None for a tokenizer without such a token. */
function specialToken(special: SpecialToken | null): PythonValue {
  return special ? [special[0], String(special[1])] : [null, 'None'];
}

function modelBlocks({ model, generation, chat }: RunRecord): PythonObject {
  const { system = null, chatTemplate = null } = chat ? { ...chat, chatTemplate: chat.template } : (generation ?? {});
  return {
    model_source: 'hon-eval',
    model_name: model.name,
    model_name_sanitized: sanitizeModelName(model.name),
    system_instruction: system,
    system_instruction_sha: system && sha256(system),
    fewshot_as_multiturn: chat?.multiturn ?? null,
    chat_template: chatTemplate,
    chat_template_sha: chatTemplate && sha256(chatTemplate),
  };
}
