/** A process of its own that loads a binding and multiplies two matrices: `prove.ts PACKAGE FOLDER BINDING`. */
import { type NativePackageName, requireNativePackage, tensorflowVersion } from '../native_package.ts';

const [name, folder, binding] = process.argv.slice(2);
const tf = requireNativePackage({ name: name as NativePackageName, folder, binding });
const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]));
process.stdout.write(JSON.stringify({ tensorflow: tensorflowVersion(tf), product: [...product.dataSync()] }));
