import { beforeEach, describe, expect, test } from 'vitest';
import type { Backend, DeviceState } from '../../src/backend/backend.ts';
import { type BackendRequest, chooseAmong, chooseBackend, describeChoice } from '../../src/backend/choose.ts';

const present = (detail: string): DeviceState => ({ present: true, detail });
const noGpu: DeviceState = { present: false, reason: 'there is no GPU', remedy: 'Buy one.', hardware: false };
const noLibrary: DeviceState = { present: false, reason: 'a library is missing', remedy: 'Get it.', hardware: true };

/** What is on the machine. */
let machine: Record<string, DeviceState>;
let probed: string[];

beforeEach(() => {
  probed = [];
  machine = { 'onnx cpu': present('8 threads'), 'tfjs wasm': present('1 thread') };
});

function backend(name: string, devices: Backend['devices'], otherwise: DeviceState): Backend {
  const probe = async (device: string) => {
    probed.push(`${name} ${device}`);
    return machine[`${name} ${device}`] ?? otherwise;
  };
  const load = () => Promise.reject(new Error('not to be loaded'));
  return { name, devices, probe, load, loadDecoder: load };
}

const backends = [
  backend(
    'onnx',
    {
      cpu: { kind: 'cpu', types: ['float32'], rank: 3 },
      cuda: { kind: 'gpu', types: ['float32', 'bfloat16'], rank: 1 },
      webgpu: { kind: 'gpu', types: ['float32'], rank: 2 },
    },
    noGpu,
  ),
  backend(
    'tfjs',
    {
      wasm: { kind: 'javascript', types: ['float32'], rank: 5 },
      node: { kind: 'cpu', types: ['float32'], rank: 4 },
      cuda: { kind: 'gpu', types: ['float32'], rank: 1 },
    },
    noGpu,
  ),
];

/** What is chosen, and what is said of it. */
async function choose(request: BackendRequest = {}) {
  const fitting = backends.filter(({ name }) => !request.backend || name === request.backend);
  const choice = await chooseAmong(fitting, request);
  expect(choice.dtype).toBe(request.dtype ?? 'float32');
  return [choice.backend, choice.device, describeChoice(choice, request)];
}

describe('without a GPU', () => {
  test('the CPU is chosen without a word', async () => {
    expect(await choose()).toEqual(['onnx', 'cpu', undefined]);
    expect(probed).toEqual(['onnx cuda', 'tfjs cuda', 'onnx webgpu', 'onnx cpu']);
  });

  test('auto says why', async () => {
    expect(await choose({ device: 'auto' })).toEqual([
      'onnx',
      'cpu',
      'Computing with onnx on cpu (8 threads), as these cannot be used: onnx on cuda (there is no GPU), ' +
        'tfjs on cuda (there is no GPU), onnx on webgpu (there is no GPU); hon-eval doctor says what they need.',
    ]);
  });

  test('a device that is named is not looked for elsewhere', async () => {
    expect(await choose({ device: 'cpu' })).toEqual(['onnx', 'cpu', undefined]);
    expect(await choose({ device: 'wasm' })).toEqual(['tfjs', 'wasm', undefined]);
    expect(probed).toEqual([]);
  });

  test('a device that neither backend can use is left to fail where it is loaded', async () => {
    expect(await choose({ device: 'cuda:1' })).toEqual(['onnx', 'cuda:1', undefined]);
    expect(probed).toEqual(['onnx cuda:1', 'tfjs cuda:1']);
  });

  test('a backend that is named is kept', async () => {
    const [name, device, says] = await choose({ backend: 'tfjs' });
    expect([name, device]).toEqual(['tfjs', 'wasm']);
    expect(says).toBe('Computing with tfjs on wasm (1 thread).');
  });
});

describe('with a GPU', () => {
  test('it is chosen, and said', async () => {
    machine['onnx cuda'] = present('NVIDIA H200, 140 GiB');
    const says = 'Computing with onnx on cuda (NVIDIA H200, 140 GiB).';
    expect(await choose()).toEqual(['onnx', 'cuda', says]);
    expect(await choose({ device: 'auto' })).toEqual(['onnx', 'cuda', says]);
  });

  test('a backend that can use it comes before one that cannot', async () => {
    machine['onnx cuda'] = noLibrary;
    machine['tfjs cuda'] = present('NVIDIA H200, 140 GiB');
    expect((await choose()).slice(0, 2)).toEqual(['tfjs', 'cuda']);
    expect((await choose({ device: 'cuda' })).slice(0, 2)).toEqual(['tfjs', 'cuda']);
    expect((await choose({ backend: 'onnx' })).slice(0, 2)).toEqual(['onnx', 'cpu']);
  });

  test('one that lacks only software is told of, without auto too', async () => {
    machine['onnx cuda'] = noLibrary;
    expect(await choose()).toEqual([
      'onnx',
      'cpu',
      'Computing with onnx on cpu (8 threads), as these cannot be used: onnx on cuda (a library is missing); ' +
        'hon-eval doctor says what they need.',
    ]);
  });
});

describe('a request that no device fits', () => {
  test.each<[Partial<BackendRequest>, string]>([
    [{ dtype: 'float64' }, 'The onnx backend\'s dtype on cpu "float64" is not one of float32.'],
    [{ device: 'abacus' }, 'The onnx backend\'s device "abacus" is not one of cpu, cuda, webgpu.'],
    [{ device: 'toString' }, 'The onnx backend\'s device "toString" is not one of cpu, cuda, webgpu.'],
    [{ device: 'wasm', dtype: 'bfloat16' }, 'The tfjs backend\'s dtype on wasm "bfloat16" is not one of float32.'],
    [{ backend: 'tfjs', device: 'cpu' }, 'The tfjs backend\'s device "cpu" is not one of wasm, node, cuda.'],
  ])('%j', async (request, message) => {
    await expect(choose(request)).rejects.toMatchObject({ kind: 'usage', message });
  });

  test('a type that only missing devices compute in', async () => {
    await expect(choose({ dtype: 'bfloat16' })).rejects.toMatchObject({
      kind: 'usage',
      message:
        'Nothing on this machine computes in bfloat16, which takes onnx on cuda (there is no GPU). ' +
        'Use another --dtype; hon-eval doctor says what each device needs.',
    });
    expect(await choose({ dtype: 'bfloat16', device: 'cuda' })).toEqual(['onnx', 'cuda', undefined]);
  });

  test('of a backend that does not exist', async () => {
    const choosing = chooseBackend({ backend: 'constructor', dtype: 'float32' });
    await expect(choosing).rejects.toThrow('There is no backend "constructor"; there are onnx, ');
  });
});

test('the reference computes only where it is named', async () => {
  await expect(chooseBackend({ dtype: 'float64' })).rejects.toMatchObject({ kind: 'usage' });
  const choice = await chooseBackend({ backend: 'reference', device: 'auto', dtype: 'float64' });
  expect(choice).toMatchObject({ backend: 'reference', device: 'cpu' });
  // Without float32 a backend takes its own type.
  expect(await chooseBackend({ backend: 'reference' })).toMatchObject({ device: 'cpu', dtype: 'float64' });
});
