import { escapeXml } from '../../output/escape.ts';
import type { GateResult } from './judge.ts';
import { titleOf } from './text.ts';
import type { GateCheck, Verdict } from './verdict.ts';

const suite = 'hon-eval.gate';

/**
 * A gate's checks as JUnit's XML, one test case each, valid under the schema of Ant's JUnit tasks: a regression is a
 * failure, what is undecided is skipped, and what cannot be judged is an error.
 */
export function junitXml(result: GateResult, now = new Date()): string {
  const count = (verdict: Verdict) => result.checks.filter((check) => check.verdict === verdict).length;
  const attributes = Object.entries({
    id: 0,
    name: 'gate',
    package: 'hon-eval',
    hostname: 'localhost',
    timestamp: now.toISOString().slice(0, 19),
    tests: result.checks.length,
    failures: count('regression'),
    errors: count('error'),
    skipped: count('undecided'),
    time: 0,
  }).map(([name, value]) => `${name}="${value}"`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite ${attributes.join(' ')}>`,
    '    <properties>',
    ...properties(result).map(([name, value]) => `      <property name="${name}" value="${escapeXml(value)}"/>`),
    '    </properties>',
    ...result.checks.flatMap(testCase),
    '    <system-out/>',
    `    <system-err>${escapeXml(result.notices.join(' '))}</system-err>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function properties({ baseline, candidate, alpha, verdict }: GateResult): [string, string][] {
  return Object.entries({ baseline, candidate, alpha: String(alpha), verdict });
}

function testCase(check: GateCheck): string[] {
  const { metric, verdict, message } = check;
  const name = escapeXml([titleOf(check), metric].filter(Boolean).join(' '));
  const open = `    <testcase classname="${suite}" name="${name}" time="0"`;
  if (verdict === 'pass') return [`${open}/>`];
  const text = escapeXml(message ?? verdict);
  const outcome = {
    regression: `<failure type="regression" message="${text}"/>`,
    undecided: `<skipped message="${text}"/>`,
    error: `<error type="input" message="${text}"/>`,
  };
  return [`${open}>`, `      ${outcome[verdict]}`, '    </testcase>'];
}
