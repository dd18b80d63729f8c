import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { judgePairs } from '../../../src/compare/gate/checks.ts';
import { defaultGateConfig, parseGateConfig, readGateConfig } from '../../../src/compare/gate/config.ts';
import { type GateResult, judge } from '../../../src/compare/gate/judge.ts';
import { junitXml } from '../../../src/compare/gate/junit.ts';
import { gateAnnotations, gateMarkdown, renderGate } from '../../../src/compare/gate/text.ts';
import type { GateCheck } from '../../../src/compare/gate/verdict.ts';
import { adjustedDifference, testMargin, testPairedMargin } from '../../../src/metrics/inference/non_inferiority.ts';
import { withoutCommands } from '../../../src/output/plain_text.ts';
import { outcomes, writeFlat, writeResults } from '../../results/made_results.ts';
import { simulate } from '../simulated_pairs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-gate-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** 300 documents of which the first `right` are right. */
const documents = (right: number) => '1'.repeat(right) + '0'.repeat(300 - right);

/** Judges two models by how many documents of each benchmark they have right, the same ones as far as they go. */
async function judged(
  baseline: Record<string, number>,
  candidate: Record<string, number>,
  config: unknown = {},
): Promise<GateResult> {
  const tasks = (right: Record<string, number>) =>
    Object.entries(right).map(([name, count]) => outcomes(name, documents(count)));
  await writeResults(folder, 'base', tasks(baseline));
  await writeResults(folder, 'new', tasks(candidate));
  return judge(path.join(folder, 'base'), path.join(folder, 'new'), parseGateConfig(config, 'gate.json'));
}

const summary = ({ checks }: GateResult) => checks.map(({ name, kind, verdict }) => `${name} ${kind}: ${verdict}`);

describe('judge', () => {
  it('passes a candidate that has the same documents right', async () => {
    const result = await judged({ sciq: 150, piqa: 100 }, { sciq: 150, piqa: 100 });
    expect(result.verdict).toBe('pass');
    expect(summary(result)).toEqual(['piqa margin: pass', 'sciq margin: pass', 'overall margin: pass']);
    const strict = { margin: 0, overall: { margin: 0 } };
    expect((await judged({ sciq: 150 }, { sciq: 150 }, strict)).verdict).toBe('pass');
  });

  it('stops one that is worse than the margin, and says by how much', async () => {
    const result = await judged({ sciq: 150, piqa: 100 }, { sciq: 120, piqa: 100 });
    expect(result.verdict).toBe('regression');
    const sciq = result.checks.find(({ name }) => name === 'sciq')!;
    expect(sciq).toMatchObject({ baseline: 0.5, candidate: 0.4, limit: 0.02, size: 300, verdict: 'regression' });
    expect(sciq.message).toMatch(/^0\.400 after 0\.500, worse by at least 0\.07\d, where the margin is 0\.020\.$/);
    expect(sciq.pValue).toBeLessThan(1e-4);
  });

  it('lets it pass where the margin is wider, or there is none', async () => {
    const wide = { margin: 0.15, overall: { margin: 0.15 } };
    expect(summary(await judged({ sciq: 150 }, { sciq: 120 }, wide))).toEqual(['sciq margin: pass']);
    const none = { benchmarks: { sciq: { margin: null } }, overall: { margin: null } };
    const both = await judged({ sciq: 150, piqa: 9 }, { sciq: 120, piqa: 9 }, none);
    expect(summary(both)).toEqual(['piqa margin: pass']);
  });

  it('cannot decide where a few documents flip both ways, and says how many would do', async () => {
    await writeResults(folder, 'base', [outcomes('x', `${'10'.repeat(10)}${documents(150).slice(20)}`)]);
    await writeResults(folder, 'new', [outcomes('x', `${'01'.repeat(10)}${documents(150).slice(20)}`)]);
    const result = await judge(path.join(folder, 'base'), path.join(folder, 'new'), defaultGateConfig);
    expect(result.verdict).toBe('undecided');
    // (z.95 + z.80)² · 22 flips of 302 documents / .02² = 300 · (2.486 · .0155 / .02)²
    expect(result.checks[0].message).toMatch(/between -0\.026 and 0\.026: too few .* 0\.020; about 1100 would do\.$/);
  });

  it('holds figures against floors', async () => {
    const floors = {
      benchmarks: { sciq: { floor: 0.45 }, piqa: { floor: 0.3 } },
      overall: { margin: 0.01, floor: 0.5 },
    };
    const result = await judged({ sciq: 120, piqa: 100 }, { sciq: 120, piqa: 100 }, floors);
    expect(result.verdict).toBe('regression');
    expect(summary(result).filter((text) => text.includes('floor'))).toEqual([
      'piqa floor: pass',
      'sciq floor: regression',
      'overall floor: regression',
    ]);
    expect(result.checks.find(({ kind, name }) => kind === 'floor' && name === 'sciq')?.message).toBe(
      '0.400 is below the floor of 0.450.',
    );
  });

  it('does not pass without a benchmark that the baseline has', async () => {
    const result = await judged({ sciq: 150, piqa: 100 }, { sciq: 150 });
    expect(result.verdict).toBe('error');
    expect(summary(result)).toEqual(['piqa input: error', 'sciq margin: pass']);
    expect(result.checks[0].message).toMatch(/^new \(.*\) has no results of piqa\.$/);
    const more = await judged({ sciq: 150 }, { sciq: 150, piqa: 100 });
    expect(more).toMatchObject({ verdict: 'pass', notices: ['The baseline has no results of piqa: not judged.'] });
    expect((await judged({ sciq: 150, piqa: 100 }, { sciq: 150 }, { tasks: ['sciq'] })).verdict).toBe('pass');
  });

  it('does not pass other documents or prompts', async () => {
    await writeResults(folder, 'base', [outcomes('x', '11'), outcomes('y', '11')]);
    const changed = outcomes('y', '11');
    changed.documents.at(1)!.requests[0][0] = 'other';
    await writeResults(folder, 'new', [outcomes('x', '111'), changed]);
    const result = await judge(path.join(folder, 'base'), path.join(folder, 'new'), defaultGateConfig);
    expect(result.checks.map(({ verdict, message }) => [verdict, message])).toEqual([
      ['error', expect.stringContaining('expected the same documents, got 2 and 3')],
      ['error', expect.stringContaining('their prompts differ (document 1)')],
    ]);
  });

  it('judges signals, where less may be better, and their limits', async () => {
    const documents = (scale: number) => {
      const record = outcomes('quiz', '1'.repeat(40));
      for (const { scores } of record.documents) for (const score of scores) score.logLikelihood *= scale;
      return [record];
    };
    const files = [await writeResults(folder, 'one', documents(1)), await writeResults(folder, 'two', documents(2))];
    const metric = 'gold_bits_per_byte';
    const gate = (limit: number) =>
      judge(files[0], files[1], { ...defaultGateConfig, metric, benchmarks: { quiz: { floor: limit } } });
    const { checks, verdict } = await gate(1);
    expect(verdict).toBe('regression');
    expect(checks.map((check) => [check.kind, check.verdict])).toEqual([
      ['margin', 'regression'],
      ['floor', 'regression'],
    ]);
    expect(checks[1].message).toBe('1.443 is above the limit of 1.000.');
    expect((await gate(2)).checks[1].verdict).toBe('pass');
  });

  it.each([
    ['settings of a benchmark that there is not', { benchmarks: { scqi: { margin: 0 } } }, /settings name scqi/],
    ['a task that there is not', { tasks: ['piqa'] }, /no benchmark or group named "piqa"/],
    ['a metric that there is not', { metric: 'f1' }, /no metric named "f1"/],
    ['nothing to hold it against', { margin: null, overall: { margin: null } }, /neither a margin nor a floor/],
  ])('throws for %s', async (_, config, says) => {
    const message = expect.stringMatching(says);
    await expect(judged({ sciq: 1 }, { sciq: 1 }, config)).rejects.toMatchObject({ kind: 'usage', message });
  });

  it('does not pass results that are missing', async () => {
    const { verdict, checks } = await judge(folder, path.join(folder, 'nowhere'), defaultGateConfig);
    expect(verdict).toBe('error');
    expect(checks).toMatchObject([{ kind: 'input', message: expect.stringContaining('expected a results_*.json') }]);
  });

  it('takes the metric that the settings name', async () => {
    const config = { metric: 'acc', benchmarks: { piqa: { metric: 'acc_bytes' } } };
    const { checks } = await judged({ sciq: 1, piqa: 1 }, { sciq: 1, piqa: 1 }, config);
    expect(checks.map(({ metric }) => metric)).toEqual(['acc_bytes', 'acc', null]);
  });

  it('judges without samples too, and says so; less is better where the metric says so', async () => {
    const flat = (acc: number, ppl: number) => ({
      x: { acc, acc_stderr: Math.sqrt((acc * (1 - acc)) / 9999) },
      y: { ppl, ppl_stderr: 0.05 },
    });
    const baseline = writeFlat(path.join(folder, 'base.json'), 'base', flat(0.5, 12));
    const candidate = writeFlat(path.join(folder, 'new.json'), 'new', flat(0.5, 13));
    const config = parseGateConfig({ margin: 0.5, benchmarks: { x: { margin: 0.03 } } }, 'gate.json');
    const result = await judge(baseline, candidate, config);
    expect(summary(result)).toEqual(['x margin: pass', 'y margin: regression']);
    expect(result.notices[0]).toMatch(/^Without samples of base@step143000 and new@step143000 the test is unpaired/);
    const better = writeFlat(path.join(folder, 'better.json'), 'better', flat(0.5, 11));
    expect((await judge(baseline, better, config)).verdict).toBe('pass');
  });
});

describe('a margin', () => {
  it("is tested on Bonett and Price's adjusted difference", () => {
    const { value, stderr } = adjustedDifference({ gained: 10, lost: 25 }, 200);
    // (11 - 26) / 202, and √((37 - 15² / 202) / 202²)
    expect(value).toBeCloseTo(-15 / 202, 12);
    expect(stderr).toBeCloseTo(Math.sqrt((37 - 225 / 202) / 202 ** 2), 12);
  });

  it("is not exceeded where McNemar's exact test finds no drop", () => {
    expect(testPairedMargin({ gained: 0, lost: 4 }, 30, 0).worse).toBe(1 / 16);
    expect(testPairedMargin({ gained: 0, lost: 5 }, 30, 0).worse).toBeGreaterThanOrEqual(1 / 32);
    expect(testPairedMargin({ gained: 40, lost: 10 }, 200, 0).notWorse).toBeLessThan(1e-4);
  });

  it('is certain where a difference has no spread, and unknown where it has no standard error', () => {
    const difference = { value: -0.1, stderr: 0, df: 9 };
    expect(testMargin(difference, 0.05)).toEqual({ worse: 0, notWorse: 1 });
    expect(testMargin(difference, 0.1)).toEqual({ worse: 1, notWorse: 0 });
    expect(testMargin({ ...difference, stderr: null }, 0.1)).toBeNull();
  });
});

describe('of 2,000 simulated comparisons', () => {
  /** Shares of those that are stopped, and that pass. */
  function rates(simulation: Parameters<typeof simulate>[0], margins: { margin: number; overall: { margin: number } }) {
    const config = parseGateConfig(margins, 'simulation');
    const source = simulate(simulation, 'gate');
    let [stopped, passed] = [0, 0];
    for (let i = 0; i < 2000; i++) {
      const verdicts = judgePairs(source.next().value!, config, { overall: true }).map(({ verdict }) => verdict);
      if (verdicts.includes('regression')) stopped++;
      else if (verdicts.every((verdict) => verdict === 'pass')) passed++;
    }
    return { stopped: stopped / 2000, passed: passed / 2000 };
  }

  test.each([
    { size: 20, flips: 0.1 },
    { size: 60, flips: 0.2 },
    { size: 200, flips: 0.3 },
  ])('at most alpha are false alarms: $size documents of each of six benchmarks, $flips of them flip', (each) => {
    const sizes = new Array(6).fill(each.size);
    const strict = { margin: 0, overall: { margin: 0 } };
    const { stopped } = rates({ sizes, flips: each.flips, drop: 0 }, strict);
    expect(stopped).toBeLessThanOrEqual(0.05);
    if (each.size === 200) expect(stopped).toBeGreaterThan(0.01);
  });

  it('at most alpha pass, or are stopped, with a drop of exactly the margin', () => {
    const margins = { margin: 0.05, overall: { margin: 0.05 } };
    const { stopped, passed } = rates({ sizes: [400], flips: 0.2, drop: 0.05 }, margins);
    // 0.05 and three standard errors of 2,000 tries
    expect(Math.max(stopped, passed)).toBeLessThan(0.065);
    expect(Math.min(stopped, passed)).toBeGreaterThan(0.02);
  });

  it('a drop of two points on 1,000 documents is found as often as docs/gate.md says', () => {
    const { stopped } = rates({ sizes: [1000], flips: 0.05, drop: 0.02 }, { margin: 0, overall: { margin: 0 } });
    expect(stopped).toBeGreaterThan(0.85);
    expect(stopped).toBeLessThan(0.92);
  });
});

describe('settings', () => {
  it('have defaults', () => {
    expect(defaultGateConfig).toEqual({
      alpha: 0.05,
      metric: 'customary',
      margin: 0.02,
      overall: { margin: 0.01 },
      benchmarks: {},
    });
  });

  it.each([
    [{ margin: -1 }, /margin: /],
    [{ alpha: 0.9 }, /alpha: /],
    [{ margins: 0.1 }, /margins/],
    [{ benchmarks: { x: { flor: 1 } } }, /benchmarks\.x: there is no key "flor"; did you mean "floor"/],
    ['{', /gate\.json: expected the settings of a gate as JSON/],
  ])('%j are refused', async (content, says) => {
    const file = path.join(folder, 'gate.json');
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    await expect(readGateConfig(file)).rejects.toMatchObject({ kind: 'usage', message: expect.stringMatching(says) });
    rmSync(file);
    await expect(readGateConfig(file)).rejects.toMatchObject({ kind: 'usage' });
  });
});

describe('what CI gets', () => {
  const hostile = '::error::x ##[error]y <b> "&" | \u001b[2J\n%0A,:';
  const check: GateCheck = {
    name: 'x',
    title: hostile,
    metric: 'acc',
    higherIsBetter: true,
    kind: 'margin',
    verdict: 'regression',
    baseline: 0.5,
    candidate: 0.4,
    limit: 0.02,
    size: 300,
    interval: [-0.15, -0.05],
    pValue: 0.001,
    message: hostile,
  };
  const floor: GateCheck = { ...check, title: 'X', kind: 'floor', verdict: 'pass', interval: null, message: null };
  const undecided: GateCheck = { ...check, title: 'Y', verdict: 'undecided', message: '50% <done>' };
  const error: GateCheck = { ...check, title: 'Z', kind: 'input', verdict: 'error', message: 'none\u0000\ud800' };
  const result: GateResult = {
    verdict: 'error',
    baseline: hostile,
    candidate: 'new',
    alpha: 0.05,
    checks: [check, floor, undecided, error],
    scored: null,
    notices: [hostile],
  };

  test('a log has no workflow commands that anybody else wrote', () => {
    const text = withoutCommands(renderGate(result));
    expect(text).not.toMatch(/^\s*::/m);
    expect(text).not.toContain('##[');
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(text).toMatch(/\nERROR: there is nothing sound to judge by\.$/);
  });

  test('annotations are escaped', () => {
    expect(gateAnnotations(result)).toEqual([
      '::error title=hon-eval gate%3A %3A%3Aerror%3A%3Ax ##[error]y <b> "&" |  %250A%2C%3A::' +
        '::error::x ##[error]y <b> "&" |  %250A,:',
      '::warning title=hon-eval gate%3A Y::50%25 <done>',
      '::error title=hon-eval gate%3A Z::none\ud800',
    ]);
  });

  test('the summary is a table in Markdown', () => {
    const lines = gateMarkdown(result).split('\n');
    expect(lines[0]).toBe('### hon-eval gate: error');
    const table = lines.filter((line) => line.startsWith('|'));
    expect(table).toHaveLength(2 + 4);
    for (const line of table) expect(line.replaceAll('\\|', '').split('|')).toHaveLength(9);
    expect(table[3]).toBe('| X floor | .500 | .400 |  | ≥ .020 | .001 | pass |');
    expect(lines.join()).not.toMatch(/<b>|<done>/);
  });

  test('JUnit has a case for each check, of the schema of the Ant tasks', () => {
    const xml = junitXml(result, new Date(Date.UTC(2025, 0, 2, 3, 4, 5)));
    expect(xml).toContain(
      '<testsuite id="0" name="gate" package="hon-eval" hostname="localhost" timestamp="2025-01-02T03:04:05" ' +
        'tests="4" failures="1" errors="1" skipped="1" time="0">',
    );
    const escaped = '::error::x ##[error]y &#60;b&#62; &#34;&#38;&#34; |  %0A,:';
    expect(xml.slice(xml.indexOf('    </properties>')).split('\n')).toEqual([
      '    </properties>',
      `    <testcase classname="hon-eval.gate" name="${escaped} acc" time="0">`,
      `      <failure type="regression" message="${escaped}"/>`,
      '    </testcase>',
      '    <testcase classname="hon-eval.gate" name="X floor acc" time="0"/>',
      '    <testcase classname="hon-eval.gate" name="Y acc" time="0">',
      '      <skipped message="50% &#60;done&#62;"/>',
      '    </testcase>',
      '    <testcase classname="hon-eval.gate" name="Z acc" time="0">',
      '      <error type="input" message="none\ufffd"/>',
      '    </testcase>',
      '    <system-out/>',
      `    <system-err>${escaped}</system-err>`,
      '  </testsuite>',
      '</testsuites>',
      '',
    ]);
  });
});
