import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Problem } from '../../shared/api/problem.ts';
import { Random } from '../../shared/math/random.ts';
import { crc32 } from '../../shared/weights/checksum.ts';
import { encode, open } from '../../shared/weights/codec.ts';
import { firstNotFinite } from '../../shared/weights/delta.ts';
import { SCHEMES, type SchemeId } from '../../shared/weights/schemes/index.ts';
import type { Scheme } from '../../shared/weights/schemes/scheme.ts';
import { normal } from '../kit/deltas.ts';

const IDS = Object.keys(SCHEMES) as SchemeId[];
const HEADER = 20;

/** Where a number or scale lies in the payload of five numbers, and how one that is not finite looks there. */
const SPOIL: Record<SchemeId, (payload: DataView, bad: number) => void> = {
  float32: (payload, bad) => payload.setFloat32(0, bad, true),
  float16: (payload, bad) => payload.setUint16(1, upperBits(bad) | 0x7c00, true),
  int8: (payload, bad) => payload.setFloat32(0, bad, true),
  // Behind the seed.
  int4: (payload, bad) => payload.setFloat32(4, bad, true),
  onebit: (payload, bad) => payload.setFloat32(4, bad, true),
  topk: (payload, bad) => payload.setUint16(0, upperBits(bad), true),
};

/** Sign, exponent and the upper mantissa of a float32: for NaN and infinity, of a shorter float as well. */
function upperBits(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint16(0);
}

/** The number of the Problem that `act` throws; undefined when it does not. Anything else is a crash. */
function refusal(act: () => unknown): number | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
  return undefined;
}

type Claims = { scheme: number; count: number; length: number; crc: number };

/** A message as the table in codec.ts describes it, written a second time on purpose. */
function message(payload: Uint8Array, claims: Claims): Uint8Array {
  const bytes = new Uint8Array(HEADER + payload.length);
  bytes.set(new TextEncoder().encode('SHDL'));
  const view = new DataView(bytes.buffer);
  view.setUint8(4, 1);
  view.setUint8(5, claims.scheme);
  view.setUint32(8, claims.count, true);
  view.setUint32(12, claims.length, true);
  view.setUint32(16, claims.crc, true);
  bytes.set(payload, HEADER);
  return bytes;
}

test.each(IDS)('scheme %s writes the header field by field', (id) => {
  const bytes = encode(id, normal(300), new Random(2));
  const payload = bytes.slice(HEADER);
  const { number } = SCHEMES[id];
  const crc = crc32(payload);
  expect(bytes).toEqual(
    message(payload, { scheme: number, count: 300, length: payload.length, crc }),
  );
});

describe.each(IDS)('scheme %s: what it refuses', (id) => {
  const scheme: Scheme = SCHEMES[id];
  const count = 5;
  const good = encode(id, normal(count), new Random(2));
  const payload = good.slice(HEADER);
  const claims = { scheme: scheme.number, count, length: payload.length, crc: crc32(payload) };
  const codeOf = (bytes: Uint8Array, expected: Parameters<typeof open>[1] = { count }) =>
    refusal(() => open(bytes, expected));

  test('402 at every shorter length, 403 for anything behind it', () => {
    for (let length = 0; length < good.length; length++)
      expect(codeOf(good.subarray(0, length))).toBe(402);
    for (const extra of [1, 2, 1000])
      expect(codeOf(Uint8Array.from([...good, ...new Uint8Array(extra)]))).toBe(403);
  });

  test('every single flipped bit', () => {
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const bytes = good.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(codeOf(bytes), `bit ${bit}`).toBeOneOf([401, 402, 403]);
    }
  });

  test.each([
    ['magic', 0],
    ['version', 4],
    ['scheme', 5],
    ['first reserved byte', 6],
    ['second reserved byte', 7],
    ['checksum', 16],
    ['payload', HEADER],
  ])('401 for another %s', (_, at) => {
    const bytes = good.slice();
    bytes[at]! ^= 0x80;
    expect(codeOf(bytes)).toBe(401);
  });

  test('before anything is allocated or summed, whatever the header claims', () => {
    const lie = message(payload, { ...claims, count: 0xffffffff, length: 0xffffffff });
    const checksum = vi.fn<typeof crc32>(crc32);
    expect(refusal(() => open(lie, { count }, checksum))).toBe(403);
    expect(refusal(() => open(lie, { count: 0xffffffff }, checksum))).toBeOneOf([401, 402, 403]);
    expect(checksum).not.toHaveBeenCalled();
  });

  test('what the checksum that was handed in says, and that is all it is handed', () => {
    const sums = vi.fn<typeof crc32>(() => 7);
    const sevens = message(payload, { ...claims, crc: 7 });
    expect(open(sevens, { count }, sums).payload).toEqual(payload);
    expect(sums.mock.calls).toEqual([[payload]]);
    expect(refusal(() => open(good, { count }, sums))).toBe(401);
  });

  test('401 for another scheme than the round names', () => {
    for (const other of IDS.filter((name) => name !== id))
      expect(codeOf(good, { count, scheme: other })).toBe(401);
  });

  test.each([
    [{ count: count - 1 }, 401],
    [{ count: 0 }, 401],
    [{ count: count + 1 }, 403],
    [{ count: 0xffffffff }, 403],
    [{ length: payload.length - 1 }, 401],
    [{ length: payload.length + 1 }, 403],
    [{ length: 0xffffffff }, 403],
    [{ count: 0xffffffff, length: 0xffffffff }, 403],
  ])('a header that lies: %o', (lie, code) => {
    expect(codeOf(message(payload, { ...claims, ...lie }))).toBe(code);
  });

  test('random bytes, without a crash', () => {
    const codes = [401, 402, 403];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        expect(codeOf(bytes)).toBeOneOf(codes);
      }),
      { numRuns: 500 },
    );
  });

  test('random headers on random payloads, without a crash', () => {
    const uint32 = fc.oneof(fc.nat(40), fc.nat(0xffffffff));
    const header = fc.record({ scheme: fc.nat(8), count: uint32, length: uint32, crc: uint32 });
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 60 }), (lies, bytes) => {
        expect(codeOf(message(bytes, lies))).toBeOneOf([401, 402, 403]);
      }),
      { numRuns: 500 },
    );
  });

  // A hostile volunteer's checksum is right. Then every byte pattern is some delta or 404.
  test('any payload under a right checksum is finite, or 404', () => {
    const size = scheme.bytes(300);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: size, maxLength: size }), (bytes) => {
        const header = { scheme: scheme.number, count: 300, length: size, crc: crc32(bytes) };
        const opened = open(message(bytes, header), { count: 300 });
        const refused = refusal(() => opened.assertFinite());
        const sum = new Float64Array(300);
        opened.accumulate(sum, 1);
        if (refused === undefined) {
          expect(firstNotFinite(opened.decode())).toBe(-1);
          expect(opened.norm()).toBeLessThan(Infinity);
          expect(sum.every(Number.isFinite)).toBe(true);
        } else expect(refused).toBe(404);
      }),
    );
  });

  test.each([NaN, Infinity, -Infinity])('404 for %d on the wire', (bad) => {
    const bytes = payload.slice();
    SPOIL[id](new DataView(bytes.buffer), bad);
    const opened = open(message(bytes, { ...claims, crc: crc32(bytes) }), { count });
    expect(refusal(() => opened.assertFinite())).toBe(404);
    expect(opened.norm()).not.toBeLessThan(Infinity);
  });
});
