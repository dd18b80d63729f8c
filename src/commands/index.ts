import Attention from './attention.ts';
import Collect from './collect.ts';
import Compare from './compare.ts';
import Doctor from './doctor.ts';
import Export from './export.ts';
import Gate from './gate.ts';
import Generate from './generate.ts';
import Grade from './grade.ts';
import Inspect from './inspect.ts';
import Log from './log.ts';
import Plan from './plan.ts';
import Plot from './plot.ts';
import Report from './report.ts';
import Retrofit from './retrofit.ts';
import Run from './run.ts';
import SetupTensorflow from './setup/tensorflow.ts';
import Submit from './submit.ts';
import Table from './table.ts';
import Tasks from './tasks.ts';

/** Every command by its name. */
export const commands = {
  attention: Attention,
  collect: Collect,
  compare: Compare,
  doctor: Doctor,
  export: Export,
  gate: Gate,
  generate: Generate,
  grade: Grade,
  inspect: Inspect,
  log: Log,
  plan: Plan,
  plot: Plot,
  report: Report,
  retrofit: Retrofit,
  run: Run,
  submit: Submit,
  table: Table,
  'setup:tensorflow': SetupTensorflow,
  tasks: Tasks,
};
