/**
 * The IDX format of the MNIST files: two zero bytes, a type byte, the number of
 * dimensions, one big-endian uint32 a dimension, then row-major values.
 *
 * Works in a browser and in Node. Gzip is not handled here.
 */

export type IdxValues = Uint8Array | Int16Array;

export interface IdxArray {
  /** Sizes of the dimensions, outermost first. */
  shape: number[];
  /** Row-major values: uint8 in 0..255, or int16 in -32768..32767. */
  data: IdxValues;
}

const TYPE_UINT8 = 0x08;
const TYPE_INT16 = 0x0b;
const MAX_DIMENSIONS = 255;
const MAX_UINT32 = 0xffffffff;
/** More elements than this cannot be held in one typed array on common engines. */
const MAX_ELEMENTS = 2 ** 31 - 1;

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`;

/** Product of the sizes; throws when it could not be one typed array. */
function countElements(shape: readonly number[]): number {
  if (shape.includes(0)) return 0;
  let count = 1;
  for (const size of shape) count *= size;
  if (count > MAX_ELEMENTS) {
    throw new Error(`IDX: ${shape.join(' x ')} has too many elements (at most ${MAX_ELEMENTS})`);
  }
  return count;
}

function bytesPerElement(type: number): 1 | 2 {
  if (type === TYPE_UINT8) return 1;
  if (type === TYPE_INT16) return 2;
  throw new Error(`IDX: type ${hex(type)} is not supported (want 0x08 uint8 or 0x0b int16)`);
}

/** Reads type and shape, and where the values start. */
function readHeader(bytes: Uint8Array): { type: number; shape: number[]; start: number } {
  if (bytes.length < 4) {
    throw new Error(`IDX: ${bytes.length} bytes are too few for a header (want at least 4)`);
  }
  const [zero0 = 0, zero1 = 0, type = 0, dimensions = 0] = bytes;
  if (zero0 !== 0 || zero1 !== 0) {
    const gzip = zero0 === 0x1f && zero1 === 0x8b ? ' (this is gzip: unpack it first)' : '';
    throw new Error(`IDX: starts with ${hex(zero0)} ${hex(zero1)}, want 0x00 0x00${gzip}`);
  }
  bytesPerElement(type);
  if (dimensions === 0) throw new Error('IDX: 0 dimensions, want at least 1');
  const start = 4 + 4 * dimensions;
  if (bytes.length < start) {
    throw new Error(
      `IDX: truncated header, ${bytes.length} bytes for ${dimensions} dimensions (want ${start})`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  return { type, shape, start };
}

/**
 * Reads one whole IDX file.
 *
 * @param bytes the file, already unpacked; it is copied, never aliased
 * @throws on a bad magic, an unsupported type, missing or trailing bytes, or
 *   more elements than a typed array holds
 */
export function decodeIdx(bytes: Uint8Array): IdxArray {
  const { type, shape, start } = readHeader(bytes);
  const count = countElements(shape);
  const want = start + count * bytesPerElement(type);
  if (bytes.length !== want) {
    const problem = bytes.length < want ? 'truncated' : 'trailing bytes';
    throw new Error(
      `IDX: ${problem}, ${bytes.length} bytes for shape ${shape.join(' x ')} (want ${want})`,
    );
  }
  if (type === TYPE_UINT8) return { shape, data: bytes.slice(start) };
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  const data = new Int16Array(count);
  for (let i = 0; i < count; i++) data[i] = view.getInt16(2 * i);
  return { shape, data };
}

function checkShape(shape: readonly number[], length: number): void {
  if (shape.length === 0 || shape.length > MAX_DIMENSIONS) {
    throw new Error(`IDX: ${shape.length} dimensions, want 1 to ${MAX_DIMENSIONS}`);
  }
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 0 || size > MAX_UINT32) {
      throw new Error(`IDX: dimension ${size} is not an integer from 0 to ${MAX_UINT32}`);
    }
  }
  const count = countElements(shape);
  if (count !== length) {
    throw new Error(`IDX: ${length} values for shape ${shape.join(' x ')} (want ${count})`);
  }
}

/**
 * Writes one IDX file; the type byte follows the array's own type.
 *
 * @param shape 1 to 255 sizes whose product is `data.length`
 * @throws if the shape does not fit the data or the format
 */
export function encodeIdx(shape: readonly number[], data: IdxValues): Uint8Array {
  checkShape(shape, data.length);
  const type = data instanceof Int16Array ? TYPE_INT16 : TYPE_UINT8;
  const start = 4 + 4 * shape.length;
  const bytes = new Uint8Array(start + data.length * bytesPerElement(type));
  const view = new DataView(bytes.buffer);
  bytes[2] = type;
  bytes[3] = shape.length;
  shape.forEach((size, i) => view.setUint32(4 + 4 * i, size));
  if (data instanceof Int16Array) data.forEach((v, i) => view.setInt16(start + 2 * i, v));
  else bytes.set(data, start);
  return bytes;
}
