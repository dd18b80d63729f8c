import { escapeMarkdown } from '../../output/escape.ts';
import { formatFigure, formatInterval } from '../../output/figures.ts';
import { plainTable } from '../../output/plain_table.ts';
import { plainText } from '../../output/plain_text.ts';
import { wrapWords } from '../../output/wrap.ts';
import type { GateResult } from './judge.ts';
import type { GateCheck, Verdict } from './verdict.ts';

const sentences: Readonly<Record<Verdict, string>> = {
  pass: 'PASS: the candidate keeps to every margin and floor.',
  regression: 'REGRESSION: the candidate is worse than it may be.',
  undecided: 'UNDECIDED: there are too few documents to pass or to stop the candidate.',
  error: 'ERROR: there is nothing sound to judge by.',
};

const head = ['Check', 'baseline', 'candidate', 'difference lies in', 'limit', 'p', 'verdict'];

/** For a terminal and for the log of a CI job. */
export function renderGate(result: GateResult, width = Number.POSITIVE_INFINITY): string {
  const { baseline, candidate, checks, notices, verdict } = result;
  const rows = checks.map((check) => cellsOf(check));
  const hasFigures = checks.some(({ kind }) => kind !== 'input');
  return [
    plainText(`Baseline:  ${baseline}`),
    plainText(`Candidate: ${candidate}`),
    '',
    ...(hasFigures ? [plainTable(head, rows, 1), ''] : []),
    ...[...explanations(checks), ...notices].flatMap((text) => wrapWords(plainText(text), width)),
    sentences[verdict],
  ].join('\n');
}

/** For $GITHUB_STEP_SUMMARY, or a comment on a merge request. */
export function gateMarkdown(result: GateResult): string {
  const { baseline, candidate, alpha, checks, notices, verdict } = result;
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  const paragraphs = [...explanations(checks), ...notices].map((text) => `\n${escapeMarkdown(text)}`);
  return [
    `### hon-eval gate: ${verdict}`,
    '',
    sentences[verdict],
    '',
    `${escapeMarkdown(candidate)} against ${escapeMarkdown(baseline)}, alpha ${alpha}`,
    '',
    line(head),
    '| :--- | ---: | ---: | ---: | ---: | ---: | :--- |',
    ...checks.map((check) => line(cellsOf(check))),
    ...paragraphs,
    '',
  ].join('\n');
}

/** GitHub's workflow commands, which show on the run's page. */
export function gateAnnotations({ checks }: GateResult): string[] {
  return checks.flatMap((check) => {
    if (check.verdict === 'pass') return [];
    const level = check.verdict === 'undecided' ? 'warning' : 'error';
    const title = escapeProperty(plainText(`hon-eval gate: ${titleOf(check)}`));
    return [`::${level} title=${title}::${escapeData(plainText(check.message ?? check.verdict))}`];
  });
}

/** Which benchmark, and whether it is the floor. */
export function titleOf({ title, kind }: GateCheck): string {
  return kind === 'floor' ? `${title} floor` : title;
}

function cellsOf(check: GateCheck): string[] {
  const { baseline, candidate, limit, interval, pValue, kind, verdict, higherIsBetter } = check;
  const figure = (value: number | null) => (value === null ? '' : formatFigure(value));
  const limits = { margin: `-${figure(limit)}`, floor: `${higherIsBetter ? '≥' : '≤'} ${figure(limit)}`, input: '' };
  return [
    titleOf(check),
    figure(baseline),
    figure(candidate),
    formatInterval(interval, ''),
    limits[kind],
    figure(pValue),
    verdict,
  ];
}

function explanations(checks: readonly GateCheck[]): string[] {
  return checks.flatMap((check) => (check.message === null ? [] : [`${titleOf(check)}: ${check.message}`]));
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
