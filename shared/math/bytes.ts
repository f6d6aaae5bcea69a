/** The bytes of numbers as they lie in memory: a view, not a copy. */
export function bytesOf({
  buffer,
  byteOffset,
  byteLength,
}: ArrayBufferView): Uint8Array<ArrayBuffer> {
  // The cast: TypeScript fears a SharedArrayBuffer, which nothing here makes.
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
