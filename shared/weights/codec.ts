import { Problem } from '../api/problem.ts';
import type { Random } from '../math/random.ts';
import { crc32 } from './checksum.ts';
import { firstNotFinite } from './delta.ts';
import { SCHEMES, schemeOf, type SchemeId } from './schemes/index.ts';
import { viewOf, type Scheme } from './schemes/scheme.ts';

/**
 * A delta on the wire, little-endian:
 *
 *     0   4  magic "SHDL"
 *     4   1  version of this header, 1
 *     5   1  number of the scheme
 *     6   2  reserved, 0
 *     8   4  count: parameters
 *     12  4  length of the payload in bytes
 *     16  4  CRC-32 of the payload
 *     20     payload
 */
const MAGIC = 0x4c444853;
const VERSION = 1;
export const HEADER_BYTES = 20;

/** A delta whose bytes are known to be whole and of the expected size; still encoded. */
export type Opened = {
  scheme: SchemeId;
  count: number;
  /** The scheme's bytes, as they came: what a kernel reads. */
  payload: Uint8Array;
  /** sum[i] += weight * delta[i]. @throws when the sum does not hold `count` numbers. */
  accumulate(sum: Float64Array | Float32Array, weight: number): void;
  /** A fresh copy, [count]. */
  decode(): Float32Array;
  /** The L2 norm; NaN or Infinity where a number is not finite. */
  norm(): number;
  /** @throws Problem 404 when a number is not finite. */
  assertFinite(): void;
};

/** Length in bytes of a whole message: what an upload of this model must weigh, exactly. */
export function messageBytes(schemeId: SchemeId, count: number): number {
  return HEADER_BYTES + SCHEMES[schemeId].bytes(count);
}

/**
 * @param delta [count]  @param random decides roundings, where the scheme rounds at random
 * @throws Problem 404 when a number is not finite: training diverged, and nobody should see it.
 */
export function encode(schemeId: SchemeId, delta: Float32Array, random: Random): Uint8Array {
  const at = firstNotFinite(delta);
  if (at >= 0) throw new Problem(404, `number ${at} of the delta is ${delta[at]}`);
  const scheme: Scheme = SCHEMES[schemeId];
  const message = new Uint8Array(messageBytes(schemeId, delta.length));
  const payload = message.subarray(HEADER_BYTES);
  scheme.encode(delta, payload, random);
  const header = viewOf(message);
  header.setUint32(0, MAGIC, true);
  header.setUint8(4, VERSION);
  header.setUint8(5, scheme.number);
  header.setUint32(8, delta.length, true);
  header.setUint32(12, payload.length, true);
  header.setUint32(16, crc32(payload), true);
  return message;
}

/**
 * Checks a message and wraps it; the bytes are not copied, so they must not change afterwards.
 * Nothing is allocated before every check is done, whatever the header claims.
 * @param checksum CRC-32 of the bytes; a kernel's, where there is one
 * @throws Problem 401 malformed, 402 truncated, 403 oversized.
 */
export function open(
  bytes: Uint8Array,
  expected: { count: number; scheme?: SchemeId },
  checksum: (bytes: Uint8Array) => number = crc32,
): Opened {
  const { scheme, length, crc } = readHeader(bytes, expected);
  const payload = bytes.subarray(HEADER_BYTES);
  if (payload.length < length)
    throw new Problem(402, `${payload.length} bytes behind the header, which says ${length}`);
  if (payload.length > length)
    throw new Problem(403, `${payload.length} bytes behind the header, which says ${length}`);
  const found = checksum(payload);
  if (found !== crc) throw new Problem(401, `checksum ${found}, the header says ${crc}`);
  return opened(scheme, payload, expected.count);
}

type Header = { scheme: SchemeId; length: number; crc: number };

function readHeader(bytes: Uint8Array, expected: { count: number; scheme?: SchemeId }): Header {
  if (bytes.length < HEADER_BYTES)
    throw new Problem(402, `${bytes.length} bytes are less than a header of ${HEADER_BYTES}`);
  const header = viewOf(bytes);
  const [version, number] = [header.getUint8(4), header.getUint8(5)];
  if (header.getUint32(0, true) !== MAGIC) throw new Problem(401, 'does not begin with "SHDL"');
  if (version !== VERSION) throw new Problem(401, `version ${version}; this reads ${VERSION}`);
  const scheme = schemeOf(number);
  if (!scheme) throw new Problem(401, `there is no scheme number ${number}`);
  if (expected.scheme && scheme !== expected.scheme)
    throw new Problem(401, `encoded as ${scheme}, expected ${expected.scheme}`);
  if (header.getUint16(6, true) !== 0) throw new Problem(401, 'the reserved bytes are not zero');
  checkSize('parameters', header.getUint32(8, true), expected.count);
  const length = header.getUint32(12, true);
  checkSize('payload bytes', length, SCHEMES[scheme].bytes(expected.count));
  return { scheme, length, crc: header.getUint32(16, true) };
}

/** A header that says too much is oversized; one that says too little was made for another model. */
function checkSize(what: string, said: number, expected: number): void {
  if (said === expected) return;
  throw new Problem(said > expected ? 403 : 401, `${said} ${what}, expected ${expected}`);
}

function opened(id: SchemeId, payload: Uint8Array, count: number): Opened {
  const scheme: Scheme = SCHEMES[id];
  return {
    scheme: id,
    count,
    payload,
    accumulate(sum, weight) {
      if (sum.length !== count)
        throw new Error(`codec: a delta of ${count} numbers into a sum of ${sum.length}`);
      scheme.accumulate(payload, sum, weight);
    },
    decode() {
      const out = new Float32Array(count);
      scheme.decodeInto(payload, out);
      return out;
    },
    norm: () => Math.sqrt(scheme.squares(payload, count)),
    assertFinite() {
      if (!scheme.finite(payload, count)) throw new Problem(404, 'a number or scale is not finite');
    },
  };
}
