import { expect, test } from 'vitest';
import { chooseBackend } from '../../src/backend/choose.ts';
import { describeAdapter } from '../../src/backend/onnx/dawn.ts';
import { onnx } from '../../src/backend/onnx/index.ts';

const state = await onnx.probe('webgpu');
const isEmulated = state.present && state.emulated === true;

test.runIf(isEmulated)('a GPU in software is named, with what it computes in', () => {
  expect(state).toEqual({
    present: true,
    detail: expect.stringMatching(/^(SwiftShader|llvmpipe), a GPU in software$/),
    emulated: true,
    types: expect.arrayContaining(['float32']),
  });
});

test.runIf(isEmulated)('it computes only where it is named', async () => {
  expect(await chooseBackend({ device: 'auto', dtype: 'float32' })).not.toMatchObject({ device: 'webgpu' });
  expect(await chooseBackend({ device: 'webgpu', dtype: 'float32' })).toMatchObject({ device: 'webgpu' });
  expect(await onnx.probe('webgpu', true)).toMatchObject({
    present: false,
    hardware: false,
    reason: 'there is no GPU',
  });
});

test('a driver that is not there is missing, in one sentence', async () => {
  const { VK_ICD_FILENAMES } = process.env;
  process.env.VK_ICD_FILENAMES = '/nowhere.json';
  try {
    const none = await onnx.probe('webgpu');
    expect(none).toMatchObject({ present: false, hardware: false });
    expect(none).toHaveProperty('remedy', expect.stringContaining('Vulkan'));
  } finally {
    if (VK_ICD_FILENAMES === undefined) delete process.env.VK_ICD_FILENAMES;
    else process.env.VK_ICD_FILENAMES = VK_ICD_FILENAMES;
  }
});

test.runIf(isEmulated)('the adapter is named by the driver that was loaded', () => {
  expect(describeAdapter(['/usr/lib/libc.so.6', '/opt/libvk_swiftshader.so'])).toEqual({
    name: 'SwiftShader',
    emulated: true,
  });
  expect(describeAdapter([]).name).toBe('a driver in software');
});
