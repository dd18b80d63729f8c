import Attention from './attention.ts';
import Doctor from './doctor.ts';
import Inspect from './inspect.ts';
import Retrofit from './retrofit.ts';
import Run from './run.ts';
import SetupTensorflow from './setup/tensorflow.ts';
import Tasks from './tasks.ts';

/** Every command by its name. */
export const commands = {
  attention: Attention,
  doctor: Doctor,
  inspect: Inspect,
  retrofit: Retrofit,
  run: Run,
  'setup:tensorflow': SetupTensorflow,
  tasks: Tasks,
};
