import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { byteTokenizer } from '../checkpoint/tokenizer/byte_tokenizer.ts';
import { startHub } from '../hub/hub_server.ts';
import { writeCheckpoint } from './checkpoint.ts';
import {
  filesBelow,
  honEval,
  logLikelihoods,
  type Outcome,
  parseLines,
  resultsBelow,
  sharedFolder,
  written,
} from './program.ts';

/** Made-up rows in the data sets' schemas, one file for each benchmark of the paper. */
const rows = join(import.meta.dirname, '../fixtures/tasks');
const paper = ['arc_challenge', 'arc_easy', 'hellaswag', 'logiqa', 'piqa', 'sciq'];
const parquet = readFileSync(join(import.meta.dirname, '../fixtures/dataset/snappy.parquet'));

let folder: string;
beforeAll(async () => {
  folder = await sharedFolder();
  writeCheckpoint(join(folder, 'standard'));
  writeCheckpoint(join(folder, 'hon'), { hon: { order: 2, projections: ['q', 'k'], inner: 'shared' } });
});

/** `hon-eval run` in the test's folder, on the made-up rows, written to `output`. */
function run(output: string, args: string[], options = {}) {
  return honEval(['run', '--data', rows, '--output', output, ...args], { cwd: folder, ...options });
}

/** The samples' text by benchmark. */
function samples(output: string, model = 'standard') {
  return written(join(folder, output), model).samples;
}

const flat = (texts: Map<string, string>) => [...texts.values()].flatMap((text) => logLikelihoods(text).flat());

describe('several models on the benchmarks of the paper', () => {
  const models = ['standard', 'hon'];
  let outcome: Outcome;
  beforeAll(async () => {
    outcome = await run('table', ['--model', 'standard', '--model', 'hon']);
  });

  test('are printed as a table, with the figures of the results files', () => {
    const { exitCode, stdout } = outcome;
    expect(exitCode).toBe(0);
    const [head, rule, ...body] = stdout.split('\n');
    expect(head).toMatch(/^Model +ARC-C +ARC-E +HellaSwag +LogiQA +PIQA +SciQ +Avg\.$/);
    expect(rule).toMatch(/^─+$/);
    const headline = (task: string) => (/arc_challenge|hellaswag/.test(task) ? 'acc_norm,none' : 'acc,none');
    for (const [i, model] of models.entries()) {
      const { results } = written(join(folder, 'table'), model).results;
      const figures = paper.map((task) => results[task][headline(task)]);
      const average = figures.reduce((a, b) => a + b) / figures.length;
      const printed = [...figures, average].map((figure) => figure.toFixed(3).replace(/^0/, ''));
      expect(body[i].split(/ +/)).toEqual([model, ...printed]);
    }
    const files = filesBelow(join(folder, 'table')).filter((file) => basename(file).startsWith('results_'));
    expect(body.slice(2)).toEqual([
      '',
      'Metric: acc; acc_norm: ARC-C, HellaSwag',
      ...files.toSorted((a) => (a.startsWith('standard') ? -1 : 1)).map((file) => join('table', file)),
      expect.stringMatching(/^Peak memory: [1-9]\d+ MiB, of which 0 MiB are weights in float32$/),
      '',
    ]);
  });

  test('have one line of samples a row', () => {
    for (const model of models) {
      const found = samples('table', model);
      expect([...found.keys()]).toEqual(paper);
      for (const [task, text] of found) {
        const expected = parseLines(readFileSync(join(rows, `${task}.jsonl`), 'utf8')).map((doc, doc_id) => ({
          doc_id,
          doc,
        }));
        expect(parseLines(text)).toMatchObject(expected);
      }
    }
  });

  test('are followed on stderr in plain lines', () => {
    const { stderr } = outcome;
    expect(stripVTControlCharacters(stderr)).toBe(stderr);
    expect(stderr).not.toContain('\r');
    const done = stderr
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/(\d+)\/\1 documents, [\d.]+ documents\/s, [\d.]+ s$/, 'done'));
    expect(done).toEqual(models.flatMap((model) => paper.map((task) => `${model}  ${task}  done`)));
  });
});

describe.concurrent('run', () => {
  test('gives the same samples to the byte when it is run again', async () => {
    await Promise.all(['once', 'twice'].map((output) => run(output, ['--model', 'standard'])));
    expect(samples('once').size).toBe(6);
    expect(samples('twice')).toEqual(samples('once'));
  });

  test('agrees with the reference backend, and with itself in other batches, within 1e-4', async () => {
    const reference = ['--backend', 'reference', '--dtype', 'float64'];
    const batches = ['--batch-tokens', '1', '--threads', '1'];
    await Promise.all([
      run('onnx', ['--model', 'hon']),
      run('reference', ['--model', 'hon', ...reference]),
      run('batches', ['--model', 'hon', ...batches]),
    ]);
    const expected = flat(samples('onnx', 'hon'));
    expect(expected.length).toBeGreaterThan(50);
    for (const output of ['reference', 'batches']) {
      const got = flat(samples(output, 'hon'));
      expect(got).toHaveLength(expected.length);
      expect(Math.max(...got.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-4);
    }
    const { results } = written(join(folder, 'reference'), 'hon');
    expect(results.hon_eval.backend).toMatchObject({ name: 'reference', dtype: 'float64' });
  });

  test('prints JSON and nothing else with --json', async () => {
    const { stdout, stderr } = await run('json', ['--model', 'standard', '--json', '--limit', '2', '-t', 'piqa,sciq']);
    const { models } = JSON.parse(stdout);
    expect(models).toHaveLength(1);
    const [{ model, results, files }] = models;
    expect(model).toBe('standard');
    expect(results).toEqual(written(join(folder, 'json'), 'standard').results.results);
    expect(results.piqa).toMatchObject({ sample_len: 2 });
    expect([files.results, ...files.samples].map((file) => file.slice('json/'.length)).sort()).toEqual(
      resultsBelow(join(folder, 'json')),
    );
    expect(stderr).toMatch(/^piqa {2}2\/2 documents, .*\nsciq {2}2\/2 documents, .*\n$/);
  });

  test('prints the table alone with --quiet', async () => {
    const { stdout, stderr } = await run('quiet', ['--model', 'standard', '--quiet', '--tasks', 'piqa']);
    expect(stdout).toMatch(/^Model +PIQA\n─+\nstandard +[.\d]+\n\nMetric: acc\n$/);
    expect(stderr).toBe('');
  });

  test("writes every token's text and log-probability where they are asked for, under the label of the model", async () => {
    const args = ['--model', 'mine=standard', '--tasks', 'piqa', '--limit', '3', '--tokens', '--stderr', '--counts'];
    const { exitCode, stdout } = await run('tokens', args);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^mine +[\d.]+‡?$/m);
    expect(stdout).toMatch(/^ +±[\d.]+ *\n +n=3 *$/m);
    const lines = parseLines(samples('tokens', 'mine').get('piqa')!);
    expect(lines).toHaveLength(3);
    for (const { hon_eval, filtered_resps, arguments: asked } of lines)
      for (const [i, values] of hon_eval.token_log_probs.entries()) {
        expect(hon_eval.token_texts[i]).toHaveLength(values.length);
        expect(hon_eval.token_texts[i].join('')).toBe(asked[`gen_args_${i}`].arg_1);
        expect(values).toHaveLength(hon_eval.choice_tokens[i]);
        expect(values.reduce((sum: number, value: number) => sum + value, 0)).toBe(Number(filtered_resps[i][0]));
      }
  });

  test('has metrics that a task file brings, and says before scoring that there is none of a name', async () => {
    const file = (metrics: string) => `export default {
      name: 'piqa', title: 'Mine', version: 1, groups: [], headline: 'acc', metrics: ${metrics},
      ownMetrics: [{ name: 'spread', description: 'of the choices', higherIsBetter: true, unit: 'nats',
        score: (document, scores) => scores[document.gold].logLikelihood - scores[1 - document.gold].logLikelihood }],
      question: (row) => ({ context: row.text('goal'), choices: [row.text('sol1'), row.text('sol2')],
        gold: row.integer('label') }),
    };`;
    writeFileSync(join(folder, 'mine.mjs'), file("['acc', 'spread']"));
    const args = ['--model', 'standard', '--tasks', './mine.mjs', '--limit', '3'];
    expect((await run('own-metric', args)).exitCode).toBe(0);
    const { results } = written(join(folder, 'own-metric'), 'standard').results;
    const margins = logLikelihoods(samples('own-metric').get('piqa')!).map(([a, b]) => Math.abs(a - b));
    expect(Math.abs(results.piqa['spread,none'])).toBeLessThanOrEqual(margins.reduce((a, b) => a + b) / 3 + 1e-9);
    expect(results.piqa['spread_stderr,none']).toBeGreaterThan(0);
    writeFileSync(join(folder, 'typo.mjs'), file("['acc', 'spraed', 'acc_nrom']"));
    const typo = await run('typo', ['--model', 'standard', '--tasks', './typo.mjs']);
    expect(typo.exitCode).toBe(2);
    expect(typo.stderr).toMatch(/There is no metric spraed;/);
  });

  test('makes the best figure bold where colour is asked for, unless NO_COLOR is set', async () => {
    const args = ['--model', 'standard', '--model', 'hon', '--quiet', '--tasks', 'sciq,arc_easy'];
    const [bold, plain] = await Promise.all([
      run('bold', args, { env: { FORCE_COLOR: '1' } }),
      run('plain', args, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }),
    ]);
    expect(bold.stdout).toContain('\u001b[1m.');
    expect(plain.stdout).not.toContain('\u001b');
    expect(stripVTControlCharacters(bold.stdout)).toBe(plain.stdout);
  });

  test("takes a user's task files by path", async () => {
    const task = (name: string, type: string) => `
      const task${type} = {
        name: '${name}', title: '${name}', version: 1, groups: [], metrics: ['acc'], headline: 'acc',
        question: (row) => ({ context: row.text('goal'), choices: [row.text('sol1'), 'no'], gold: 0 }),
      };
      export default task;`;
    const own = join(folder, 'own');
    mkdirSync(own);
    writeFileSync(join(own, 'typed.ts'), `import type { Task } from 'hon-eval';${task('typed', ': Task')}`);
    writeFileSync(join(own, 'plain.mjs'), task('plain', ''));
    for (const name of ['typed', 'plain']) {
      writeFileSync(join(own, `${name}.jsonl`), readFileSync(join(rows, 'piqa.jsonl')));
    }
    const paths = [join(own, 'typed.ts'), 'own/plain.mjs'];
    const args = ['run', '-m', 'standard', '-t', paths.join(','), '--data', own, '-o', 'own-output'];
    const { exitCode, stderr } = await honEval(args, { cwd: folder });
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^typed {2}3\/3 documents.*\nplain {2}3\/3 documents.*\n$/);
    const found = samples('own-output');
    expect(logLikelihoods(found.get('typed')!)).toHaveLength(3);
    expect(logLikelihoods(found.get('plain')!)).toEqual(logLikelihoods(found.get('typed')!));
  });

  test('reads a model and a data set from the hub, and later from its cache', async () => {
    const hub = await startHub({
      repositories: {
        'models/lab/tiny': { revisions: { main: {}, step1: join(folder, 'standard') } },
        'datasets/allenai/ai2_arc': { revisions: { main: { 'ARC-Easy/test-00000-of-00001.parquet': parquet } } },
      },
    });
    const env = { HF_ENDPOINT: hub.url, HF_HOME: join(folder, 'cache') };
    const args = (output: string) => ['run', '-m', 'lab/tiny@step1', '-t', 'arc_easy', '-o', output];
    const online = await honEval(args('online'), { cwd: folder, env: { ...env, HF_HUB_OFFLINE: '' } });
    const commit = hub.commit('models/lab/tiny', 'step1');
    await hub.close();
    const offline = await honEval(args('offline'), { cwd: folder, env });
    expect([online, offline]).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }]);
    expect(online.stderr).toMatch(/^download allenai\/ai2_arc .*\n(download lab\/tiny .*\n)+arc_easy {2}8\/8 .*\n$/);
    expect(offline.stderr).toMatch(/^arc_easy {2}8\/8 .*\n$/);
    const { results } = written(join(folder, 'online'), 'lab__tiny@step1');
    expect(results).toMatchObject({ config: { model_sha: commit, model_revision: 'step1' } });
    expect(samples('online', 'lab__tiny@step1').get('arc_easy')).toBeTypeOf('string');
    expect(samples('offline', 'lab__tiny@step1')).toEqual(samples('online', 'lab__tiny@step1'));
  });

  test('says what is done already, does the rest, and starts over where told to', async () => {
    const args = (...more: string[]) => ['--model', 'standard', '--tasks', 'piqa,sciq', ...more];
    await run('again', ['--model', 'standard', '--tasks', 'piqa']);
    const both = await run('again', args());
    expect(both.stderr).toMatch(/^piqa: done\nsciq {2}3\/3 documents.*\n$/);
    const before = filesBelow(join(folder, 'again'));
    const again = await run('again', args('--quiet'));
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringMatching(/^Model +PIQA +SciQ +Avg\.\n/)]);
    expect(filesBelow(join(folder, 'again'))).toEqual(before);
    const other = await run('again', args('--batch-tokens', '512'));
    expect(other.stderr).toMatch(
      /^piqa, sciq: begun anew, as the earlier run was another: batch tokens was "auto" and is 512\.\npiqa {2}3\/3/,
    );
    const fresh = await run('again', args('--fresh'));
    expect(fresh.stderr).toMatch(/^piqa {2}3\/3 .*\nsciq {2}3\/3 .*\n$/);
    expect(resultsBelow(join(folder, 'again')).filter((file) => file.includes('results_'))).toHaveLength(4);
  });

  test('finishes the other benchmarks where a model fails on one, and says so', async () => {
    const { model } = byteTokenizer() as unknown as { model: { vocab: Record<string, number> } };
    const tilde = model.vocab['~'];
    writeCheckpoint(join(folder, 'broken'), {
      weights({ 'gpt_neox.embed_in.weight': embedding }) {
        const [, size] = embedding.shape;
        embedding.values = Float32Array.from(embedding.values).fill(Number.NaN, tilde * size, (tilde + 1) * size);
      },
    });
    const data = join(folder, 'tildes');
    mkdirSync(data);
    for (const task of ['arc_easy', 'sciq', 'piqa'])
      writeFileSync(join(data, `${task}.jsonl`), readFileSync(join(rows, `${task}.jsonl`)));
    const row = { goal: 'Go ~ there', sol1: 'on foot', sol2: 'not at all', label: 0 };
    writeFileSync(join(data, 'piqa.jsonl'), `${JSON.stringify(row)}\n`);
    const outcome = await honEval(
      ['run', '--model', 'broken', '--tasks', 'sciq,piqa,arc_easy', '--data', data, '--output', 'broken-output'],
      { cwd: folder },
    );
    expect(outcome.exitCode).toBe(8);
    expect(outcome.stderr).toMatch(/^hon-eval: The model gives choice 0 of .*piqa\.jsonl, line 1 .* not finite\.$/m);
    expect(outcome.stdout).toMatch(/^Model +SciQ +ARC-E +Avg\.\n/);
    expect([...samples('broken-output', 'broken').keys()]).toEqual(['arc_easy', 'sciq']);
  });

  test('tells before any scoring what a model cannot be asked, and leaves it out where told to', async () => {
    writeCheckpoint(join(folder, 'narrow'), { config: { max_position_embeddings: 20 } });
    const args = ['--model', 'narrow', '--tasks', 'sciq,hellaswag'];
    const told = await run('narrow-told', args);
    expect([told.exitCode, told.stdout]).toEqual([4, '']);
    expect(told.stderr).toMatch(
      /^hon-eval: .*hellaswag\.jsonl, line \d: a choice of \d+ tokens does not fit into the model's window of 20\. --skip-impossible leaves such benchmarks out\.\n$/,
    );
    const left = await run('narrow-left', [...args, '--skip-impossible']);
    expect([left.exitCode, left.stdout]).toEqual([0, expect.stringMatching(/^Model +SciQ\n/)]);
    expect(left.stderr).toMatch(/^hellaswag is left out: .*\n(.*\n)*sciq {2}3\/3 /);
  });
});

describe('a run that is stopped', () => {
  test.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'stops at once on %s, keeps what is done, and goes on',
    async (signal) => {
      const data = join(folder, `many-${signal}`);
      mkdirSync(data);
      const row = readFileSync(join(rows, 'piqa.jsonl'), 'utf8').split('\n', 1)[0];
      writeFileSync(join(data, 'sciq.jsonl'), readFileSync(join(rows, 'sciq.jsonl')));
      writeFileSync(join(data, 'piqa.jsonl'), `${row}\n`.repeat(3000));
      let interruptedAt = 0;
      const output = `stopped-${signal}`;
      const args = ['run', '-m', 'standard', '-t', 'sciq,piqa', '--data', data, '-o', output];
      const { exitCode, stdout, stderr } = await honEval(args, {
        cwd: folder,
        onStderr(text, child) {
          // The first benchmark is done and the second under way.
          if (interruptedAt || !text.includes('sciq  3/3')) return;
          interruptedAt = performance.now();
          child.kill(signal);
        },
      });
      expect(performance.now() - interruptedAt).toBeLessThan(3000);
      expect([exitCode, stdout]).toEqual([130, '']);
      expect(stderr).toMatch(/^sciq .*\nStopping once .*at once\.\nhon-eval: Stopped; the same command goes on\.\n$/);
      const [results, sciq, ...others] = resultsBelow(join(folder, output));
      expect([results, sciq, others]).toEqual([
        expect.stringContaining('results_'),
        expect.stringContaining('samples_sciq_'),
        [],
      ]);
      const again = await honEval(args, { cwd: folder });
      expect(again.stderr).toMatch(/^sciq: done\n(piqa: [\d,]+ of 3,000 documents done\n)?piqa {2}3000\/3000 /);
      expect(Object.keys(written(join(folder, output), 'standard').results.results)).toEqual(['sciq', 'piqa']);
    },
  );
});

describe.concurrent('beside run', () => {
  test('tasks lists the benchmarks', async () => {
    const { exitCode, stdout, stderr } = await honEval(['tasks']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(2).map((line) => line.split(' ')[0])).toEqual(expect.arrayContaining(paper));
    expect(lines.find((line) => line.startsWith('arc_easy'))).toMatch(/ allenai\/ai2_arc ARC-Easy test +ARC-E: acc$/);
    expect(lines).toContainEqual(expect.stringMatching(/^mmlu +cais\/mmlu, 57 tasks +mmlu: acc$/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^paper +arc_challenge, arc_easy, hellaswag, logiqa, piqa, sciq$/),
    );
  });

  test('tasks --json lists them for programs', async () => {
    const { stdout, stderr } = await honEval(['tasks', '--json']);
    expect(stderr).toBe('');
    const { tasks: listing } = JSON.parse(stdout) as { tasks: { name: string; groups: string[] }[] };
    expect(listing.filter(({ groups }) => groups.includes('paper')).map(({ name }) => name)).toEqual(paper);
    expect(listing.find(({ name }) => name === 'hellaswag')).toEqual({
      name: 'hellaswag',
      rows_file: 'hellaswag',
      title: 'HellaSwag',
      groups: ['paper', 'core'],
      dataset: 'Rowan/hellaswag validation',
      metrics: ['acc_norm', 'acc', 'acc_bytes'],
    });
  });

  test.each([
    [['--help'], /USAGE\n {2}\$ hon-eval \[COMMAND\]\n[\s\S]*\n {2}run +\S[\s\S]*\n {2}tasks +\S/],
    [['run', '--help'], /FLAGS\n[\s\S]*-m, --model=FOLDER\|ID\[@REVISION\][\s\S]*--batch-tokens[\s\S]*EXAMPLES\n/],
    [['tasks', '--help'], /USAGE\n {2}\$ hon-eval tasks/],
    [['--version'], /^hon-eval\/\d+\.\d+\.\d+ /],
    [[], /USAGE\n/],
  ])('%j explains', async (args, expected) => {
    const { exitCode, stdout, stderr } = await honEval(args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(expected);
  });
});
