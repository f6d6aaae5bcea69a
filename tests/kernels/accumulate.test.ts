/** The wasm kernel takes deltas in exactly as the plain version does: not one bit differs. */
import fc from 'fast-check';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { plainSums } from '../../shared/kernels/accumulate/sums.ts';
import { Random } from '../../shared/math/random.ts';
import { crc32 } from '../../shared/weights/checksum.ts';
import { encode, HEADER_BYTES, type Opened } from '../../shared/weights/codec.ts';
import { SCHEMES, type SchemeId } from '../../shared/weights/schemes/index.ts';
import type { Sum } from '../../shared/weights/sum.ts';
import { startSums } from '../kit/kernel.ts';

const IDS = Object.keys(SCHEMES) as SchemeId[];
/** Those that the kernel has loops for. */
const OWN = ['int8', 'float32'] as const;
/** Around the 16 of a vector and the 256 of a block, and with a rest for each. */
const COUNTS = [1, 2, 3, 15, 16, 17, 31, 255, 256, 257, 271, 272, 511, 4099];
const WEIGHTS = [1, 0.37, -2.5, 0, -0, 1e-300, 5e-324, 1e300];

const sums = startSums();

const normal = (count: number, seed: number, spread = 1) => {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => spread * random.normal());
};

/** The same bytes at another alignment, amid others that are not theirs. */
function moved(bytes: Uint8Array, offset: number): Uint8Array {
  const around = new Uint8Array(bytes.length + offset + 7).fill(0xa5);
  around.set(bytes, offset);
  return around.subarray(offset, offset + bytes.length);
}

/** A message of a payload that no encoder made. */
function messageOf(id: SchemeId, count: number, payload: Uint8Array): Uint8Array {
  const message = encode(id, new Float32Array(count), new Random(1));
  message.set(payload, HEADER_BYTES);
  new DataView(message.buffer).setUint32(16, crc32(payload), true);
  return message;
}

/** A full collection, and the turns of the event loop in which finalisers run. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await new Promise((done) => setImmediate(done));
  }
}

function randomBytes(length: number, seed: number): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length }, () => Math.floor(256 * random.next()));
}

/** As text where they differ, because a million numbers tell nobody anything. */
function expectSameBits(found: Float64Array, expected: Float64Array): void {
  expect(found.length).toBe(expected.length);
  const at = found.findIndex((value, i) => !Object.is(value, expected[i]));
  expect(at < 0 ? 'same' : `at ${at}: ${found[at]}, not ${expected[at]}`).toBe('same');
}

/** Takes the messages in with the kernel and plainly, each with its weight, and compares. */
function expectSameSum(count: number, messages: Uint8Array[], weights: number[]): void {
  const [sum, plain] = [sums.make(count), plainSums.make(count)];
  for (const [i, message] of messages.entries()) {
    const [here, there] = [sums.open(message, { count }), plainSums.open(message, { count })];
    expect(here.norm()).toBe(there.norm());
    sum.add(here, weights[i]!);
    plain.add(there, weights[i]!);
  }
  expectSameBits(sum.values(), plain.values());
  sum.free();
}

describe.each(IDS)('a sum of %s deltas', (id) => {
  test.each(COUNTS)('of %d numbers is the plain one', (count) => {
    const messages = WEIGHTS.map((_, i) =>
      moved(encode(id, normal(count, i, 10 ** (i - 4)), new Random(i)), 3 * i + 1),
    );
    expectSameSum(count, messages, WEIGHTS);
  });

  test('of 1,000,003 numbers is the plain one', () => {
    const count = 1_000_003;
    const messages = [1, 2].map((seed) => encode(id, normal(count, seed), new Random(seed)));
    expectSameSum(count, messages, [0.25, -3]);
  });

  test('is the plain one at each of the sixteen alignments', () => {
    const message = encode(id, normal(300, 9), new Random(9));
    const messages = Array.from({ length: 16 }, (_, offset) => moved(message, offset));
    expectSameSum(
      300,
      messages,
      messages.map((_, i) => i + 0.1),
    );
  });

  test('takes a delta that was opened without the kernel', () => {
    const message = encode(id, normal(700, 4), new Random(4));
    const [sum, plain] = [sums.make(700), plainSums.make(700)];
    for (const each of [sum, plain]) each.add(plainSums.open(message, { count: 700 }), 0.5);
    expectSameBits(sum.values(), plain.values());
    sum.free();
  });
});

describe.each(OWN)('%s payloads that no encoder made', (id) => {
  const length = (count: number) => SCHEMES[id].bytes(count);

  test('give the same sum, norm and verdict', () => {
    const cases = fc.record({
      count: fc.integer({ min: 1, max: 700 }),
      seed: fc.nat(),
      weight: fc.double({ noNaN: true, noDefaultInfinity: true }),
    });
    fc.assert(
      fc.property(cases, ({ count, seed, weight }) => {
        const message = messageOf(id, count, randomBytes(length(count), seed));
        const [here, there] = [sums.open(message, { count }), plainSums.open(message, { count })];
        const [sum, plain] = [sums.make(count), plainSums.make(count)];
        sum.add(here, weight);
        plain.add(there, weight);
        expectSameBits(sum.values(), plain.values());
        expect(here.norm()).toBe(there.norm());
        expect(isFinite(here)).toBe(isFinite(there));
        sum.free();
      }),
      { numRuns: 300 },
    );
  });

  const LARGEST = 3.4028234663852886e38;
  const EDGES = [LARGEST / 128, LARGEST / 128 + 2 ** 98, LARGEST, Infinity, -Infinity, NaN];

  test.each(EDGES)('with %d in any place are finite where the plain version says so', (edge) => {
    const count = 1035;
    const words = Math.floor((length(count) - (id === 'int8' ? count : 0)) / 4);
    for (const word of [0, 1, 2, 3, 4, words - 3, words - 2, words - 1]) {
      const payload = new Uint8Array(length(count));
      new DataView(payload.buffer).setFloat32(4 * word, edge, true);
      const message = messageOf(id, count, payload);
      const [here, there] = [sums, plainSums].map((each) => each.open(message, { count }));
      expect(isFinite(here!)).toBe(isFinite(there!));
      expect(isFinite(here!)).toBe(Math.abs(edge) <= (id === 'int8' ? LARGEST / 128 : LARGEST));
    }
  });
});

function isFinite(delta: Opened): boolean {
  try {
    delta.assertFinite();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 404 });
    return false;
  }
}

describe('the checksum', () => {
  const ascii = (text: string) => new TextEncoder().encode(text);

  test.each([
    ['', 0],
    ['a', 0xe8b7be43],
    ['123456789', 0xcbf43926],
    ['The quick brown fox jumps over the lazy dog', 0x414fa339],
  ])('of %j is the published one', (text, crc) => {
    expect(sums.checksum(ascii(text))).toBe(crc);
  });

  /** Where folding begins (19,200), and one and two chunks of 16,384 with the 4,800 left to tables. */
  const TURNS = [19_200, 21_184, 37_568, 70_336];
  test('is that of zlib and of the plain version, for any length and alignment', () => {
    const bytes = randomBytes(1_000_003 + 16, 5);
    const short = Array.from({ length: 70 }, (_, length) => length);
    const around = TURNS.flatMap((turn) => [-17, -16, -1, 0, 1, 15, 16, 17].map((by) => turn + by));
    for (const length of [...short, ...around, 1_000_003]) {
      const piece = bytes.subarray(length % 16, length + (length % 16));
      expect(sums.checksum(piece)).toBe(zlibCrc32(piece));
      expect(crc32(piece)).toBe(zlibCrc32(piece));
    }
  });

  test('changes with any single bit, wherever it is', () => {
    const bytes = randomBytes(150_001, 6);
    const before = sums.checksum(bytes);
    const seen = new Set([before]);
    for (let at = 0; at < bytes.length; at += 997) {
      bytes[at]! ^= 1 << (at % 8);
      expect(sums.checksum(bytes)).toBe(zlibCrc32(bytes));
      seen.add(sums.checksum(bytes));
      bytes[at]! ^= 1 << (at % 8);
    }
    expect(seen.size).toBe(Math.ceil(bytes.length / 997) + 1);
    expect(sums.checksum(bytes)).toBe(before);
  });

  test('of a damaged message is refused as the codec refuses it', () => {
    const message = encode('int8', normal(5000, 1), new Random(1));
    message[3000]! ^= 4;
    const refusals = [sums, plainSums].map((each) => {
      try {
        each.open(message, { count: 5000 });
        return undefined;
      } catch (error) {
        return error;
      }
    });
    expect(refusals[0]).toMatchObject({ code: 401 });
    expect(refusals[0]).toEqual(refusals[1]);
  });
});

describe('many sums in one memory', () => {
  const message = (count: number, seed: number) =>
    encode(seed % 2 ? 'int8' : 'float32', normal(count, seed), new Random(seed));

  test('are made, added to, freed and made again without touching one another', () => {
    const [own, random] = [startSums(), new Random(8)];
    let alive: { sum: Sum; plain: Sum }[] = [];
    const before = own.memoryBytes();
    for (let step = 0; step < 600; step++) {
      const pick = alive[Math.floor(random.next() * alive.length)];
      const turn = random.next();
      if (!pick || turn < 0.25) {
        const size = 1 + Math.floor(random.next() * 20_000);
        alive.push({ sum: own.make(size), plain: plainSums.make(size) });
      } else if (turn < 0.45) {
        expectSameBits(pick.sum.values(), pick.plain.values());
        pick.sum.free();
        alive = alive.filter((each) => each !== pick);
      } else {
        const [count, weight] = [pick.sum.size, random.normal()];
        const bytes = message(count, step);
        pick.sum.add(own.open(bytes, { count }), weight);
        pick.plain.add(plainSums.open(bytes, { count }), weight);
      }
    }
    for (const { sum, plain } of alive) expectSameBits(sum.values(), plain.values());
    expect(own.memoryBytes()).toBeGreaterThan(before);
  });

  test('a sum begins at zero, also where another was', () => {
    const own = startSums();
    const first = own.make(1000);
    first.values().fill(7);
    first.free();
    expectSameBits(own.make(1000).values(), new Float64Array(1000));
  });

  test('memory grows while a sum is in use, and what it holds moves along', () => {
    const own = startSums();
    const sum = own.make(500);
    const bytes = message(500, 3);
    sum.add(own.open(bytes, { count: 500 }), 1);
    const [before, kept] = [sum.values(), sum.values().slice()];
    own.make(100_000);
    expect(before.length).toBe(0);
    expectSameBits(sum.values(), kept);
    sum.values()[0] = 5;
    expect(sum.values()[0]).toBe(5);
  });

  test('a thousand rounds of adding and freeing need no more memory than the first', () => {
    const own = startSums();
    const messages = [1, 2, 3].map((seed) => message(30_000, seed));
    const round = () => {
      const [a, b] = [own.make(30_000), own.make(30_000)];
      for (const each of messages) {
        const delta = own.open(each, { count: 30_000 });
        delta.assertFinite();
        a.add(delta, 0.5);
        b.add(delta, 1 / (1 + delta.norm()));
      }
      for (const sum of [a, b]) sum.free();
    };
    round();
    const after = own.memoryBytes();
    for (let i = 0; i < 1000; i++) round();
    expect(own.memoryBytes()).toBe(after);
    // Two sums and the largest payload, and what the kernel keeps for itself: 65,536 bytes.
    expect(after).toBeLessThan(2 * 8 * 30_000 + 4 * 30_000 + 2 * 65_536);
  });

  test('a sum that was forgotten gives its memory back when it is collected', async () => {
    const own = startSums();
    const bytes = message(200_000, 1);
    const forget = () => own.make(200_000).add(own.open(bytes, { count: 200_000 }), 1);
    let most = 0;
    for (let i = 0; i < 40; i++) {
      forget();
      most = Math.max(most, own.memoryBytes());
      // Told of only in a task of its own, some time after the collection.
      await collectGarbage();
    }
    expect(most).toBeLessThan(10 * 8 * 200_000);
  });

  test('a sum that was freed before it was collected gives its memory back once', async () => {
    const own = startSums();
    const alive = own.make(1000);
    alive.values().fill(3);
    // Beyond the reach of anything that is still on the stack.
    (() => own.make(1000).free())();
    const again = own.make(1000);
    again.values().fill(4);
    await collectGarbage();
    expectSameBits(own.make(1000).values(), new Float64Array(1000));
    expectSameBits(alive.values(), new Float64Array(1000).fill(3));
    expectSameBits(again.values(), new Float64Array(1000).fill(4));
  });

  test('payloads that become ever larger take the room of the largest, not of all', () => {
    const own = startSums();
    for (let length = 10_000; length <= 1_000_000; length += 10_000)
      own.checksum(new Uint8Array(length));
    expect(own.memoryBytes()).toBeLessThan(4_000_000);
  });

  test('a delta opened earlier is still itself after another was opened', () => {
    const own = startSums();
    const open = (seed: number) => {
      const bytes = message(900, seed);
      return [own.open(bytes, { count: 900 }), plainSums.open(bytes, { count: 900 })] as const;
    };
    const pairs = [open(1), open(2), open(3)];
    const [sum, plain] = [own.make(900), plainSums.make(900)];
    for (const [here, there] of [pairs[2]!, pairs[0]!, pairs[1]!, pairs[0]!]) {
      sum.add(here, here.norm());
      plain.add(there, there.norm());
      own.checksum(new Uint8Array(5000).fill(3));
      sum.add(here, 0.1);
      plain.add(there, 0.1);
    }
    expectSameBits(sum.values(), plain.values());
  });

  test('bytes that changed are read anew', () => {
    const bytes = new Uint8Array(100);
    sums.checksum(bytes);
    bytes[50] = 1;
    expect(sums.checksum(bytes)).toBe(zlibCrc32(bytes));
  });

  test('a delta of another size, and a sum that was freed, are refused', () => {
    const own = startSums();
    const [sum, neighbour] = [own.make(100), own.make(100)];
    const opened = own.open(message(99, 1), { count: 99 });
    expect(() => sum.add(opened, 1)).toThrow('a delta of 99 numbers into a sum of 100');
    sum.free();
    sum.free();
    const again = own.make(100);
    const fits = own.open(message(100, 1), { count: 100 });
    expect(() => sum.add(fits, 1)).toThrow('freed');
    expect(() => sum.values()).toThrow('freed');
    // Freed twice, its place was not given away twice.
    own.make(100).values().fill(9);
    for (const each of [again, neighbour]) expectSameBits(each.values(), new Float64Array(100));
  });
});
