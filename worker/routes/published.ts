import { Problem } from '../../shared/api/problem.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import type { Exported } from '../registry/export.ts';

/**
 * A file with what it is checked by: its SHA-256 as `Repr-Digest` (RFC 9530) and as its ETag. Of weights
 * that is the version's own hash.
 */
export async function published({ bytes, type }: Exported): Promise<Response> {
  const headers = {
    'content-type': type,
    'content-length': String(bytes.length),
    // Compressed on its way it would have another digest.
    'cache-control': 'no-cache, no-transform',
    ...checksOf(await sha256Hex(bytes)),
  };
  return new Response(bytes as Uint8Array<ArrayBuffer>, { headers });
}

function checksOf(hash: string): { etag: string; 'repr-digest': string } {
  const bytes = hash.match(/../g)!.map((pair) => Number.parseInt(pair, 16));
  return { etag: `"${hash}"`, 'repr-digest': `sha-256=:${btoa(String.fromCharCode(...bytes))}:` };
}

/** Weights by their hash, which is what they are checked by. @throws Problem 703 */
export async function weightsResponse(bucket: R2Bucket, hash: string): Promise<Response> {
  const object = /^[0-9a-f]{64}$/.test(hash) ? await bucket.get(`weights/${hash}`) : null;
  if (!object) throw new Problem(703, `no weights are stored under "${hash}"`);
  // Named by their content: whoever has them may keep them for ever.
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(object.size),
    'cache-control': 'public, max-age=31536000, immutable',
    ...checksOf(hash),
  };
  return new Response(object.body, { headers });
}
