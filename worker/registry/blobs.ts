import { Problem } from '../../shared/api/problem.ts';
import { bytesOf } from '../../shared/math/bytes.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';

/** Content-addressed bytes in R2: immutable, so a cache may keep them for ever and a write may be repeated. */
export async function putBlob(
  bucket: R2Bucket,
  kind: 'weights' | 'images',
  bytes: Uint8Array,
): Promise<string> {
  const hash = await sha256Hex(bytes);
  await bucket.put(`${kind}/${hash}`, bytes);
  return hash;
}

/** @throws Problem 703 when nothing is stored under that hash. */
export async function getBlob(
  bucket: R2Bucket,
  kind: 'weights' | 'images',
  hash: string,
): Promise<Uint8Array> {
  const object = /^[0-9a-f]{64}$/.test(hash) ? await bucket.get(`${kind}/${hash}`) : null;
  if (!object) throw new Problem(703, `no ${kind} are stored under "${hash}"`);
  return new Uint8Array(await object.arrayBuffer());
}

/** Weights as float32, little-endian on every platform that runs workerd or a browser. */
export async function getWeights(bucket: R2Bucket, hash: string): Promise<Float32Array> {
  const bytes = await getBlob(bucket, 'weights', hash);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

export function putWeights(bucket: R2Bucket, weights: Float32Array): Promise<string> {
  return putBlob(bucket, 'weights', bytesOf(weights));
}
