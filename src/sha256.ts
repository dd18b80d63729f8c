import { type Hash, hash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** SHA-256 of bytes, or of a text in UTF-8, hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data);
}

/** What a hash makes of a file of any size, hexadecimal. */
export async function hashFile(path: string, hash: Hash): Promise<string> {
  // One block for all that is read: blocks of their own would have the garbage collector at work half of the time.
  const block = Buffer.allocUnsafe(1 << 22);
  const file = await open(path);
  try {
    for (let read = -1; read !== 0; ) {
      read = (await file.read(block)).bytesRead;
      hash.update(block.subarray(0, read));
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
