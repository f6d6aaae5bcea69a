/**
 * SHA-256 of the bytes in lower-case hex: the name of a blob, and half of a delta's idempotency
 * key. Browsers offer `crypto.subtle` on https and localhost only.
 */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  // The cast: TypeScript fears a SharedArrayBuffer, which nothing here makes.
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
