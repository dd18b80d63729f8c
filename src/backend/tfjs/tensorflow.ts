/** TensorFlow.js as the backend sees it: whichever copy of its core the device's own package came with. */
import type { Tensor } from '@tensorflow/tfjs-core';

export type TensorFlow = typeof import('@tensorflow/tfjs-core');
export type { Tensor };
