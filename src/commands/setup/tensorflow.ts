import { Flags } from '@oclif/core';
import type { NativePackageName } from '../../backend/tfjs/native_package.ts';
import { HonEvalCommand } from '../shared/command.ts';

interface SetupJson {
  package: string;
  packageVersion: string;
  compiler: string;
  tensorflow: string;
  libraries: string;
  binding: string;
  seconds: number;
}

export default class SetupTensorflow extends HonEvalCommand {
  static override summary = 'Build the binding of @tensorflow/tfjs-node against a TensorFlow that you have.';
  static override description =
    'The sources are those of the installed package; it needs a C++ compiler, and takes about 20 seconds.';
  static override examples = [
    '<%= config.bin %> setup tensorflow',
    '<%= config.bin %> setup tensorflow --tensorflow ./venv',
    '<%= config.bin %> setup tensorflow --package @tensorflow/tfjs-node-gpu',
  ];
  static override flags = {
    tensorflow: Flags.string({
      helpValue: 'FOLDER',
      summary:
        'Build against the TensorFlow of this virtual environment, site-packages or libtensorflow folder; if left out, against what python3 has.',
    }),
    package: Flags.option({
      options: ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'] as const satisfies readonly NativePackageName[],
      default: '@tensorflow/tfjs-node',
      summary: 'Build the binding of this package; the -gpu one is for the device cuda.',
    })(),
  };

  async run(): Promise<SetupJson> {
    const { flags } = await this.parse(SetupTensorflow);
    const started = performance.now();
    const { buildBinding, findToolchain } = await import('../../backend/tfjs/setup/index.ts');
    const toolchain = await findToolchain(flags.package, flags.tensorflow);
    const { native, compiler, tensorflow, abi } = toolchain;
    this.log(`${native.name} ${native.version} in ${native.folder}`);
    this.log(`TensorFlow ${abi.tensorflow} in ${tensorflow.libraries}`);
    this.log(`${compiler.kind} ${compiler.version} builds the binding …`);
    await buildBinding(toolchain);
    const seconds = (performance.now() - started) / 1000;
    this.log(`${native.binding} works; it took ${seconds.toFixed(0)} s.`);
    return {
      package: native.name,
      packageVersion: native.version,
      compiler: `${compiler.kind} ${compiler.version}`,
      tensorflow: abi.tensorflow,
      libraries: tensorflow.libraries,
      binding: native.binding,
      seconds,
    };
  }
}
