/**
 * CRC-32 as ../../../weights/checksum.ts has it, by "Chorba" (Russell 2024, arXiv:2412.16398): a
 * multiple of CRC-32's generator with few terms lets every 16 bytes be replaced by the same 16
 * bytes, xored in at four places further on. Nothing but loads and xors, so that SIMD fits, until
 * TAPS_END bytes are left for the usual tables. The paper's x^300 + x^211 + x^183 + x^145 + 1, to
 * the power of 128: over GF(2) that multiplies the exponents, so its terms are whole vectors apart.
 * A MB takes 0.05 ms, by the tables alone 0.6.
 */
const TAP_1: usize = 16 * 145;
const TAP_2: usize = 16 * 183;
const TAP_3: usize = 16 * 211;
const TAPS_END: usize = 16 * 300;

/** Bytes folded in one go; the history moves once for each. 8 to 256 KiB are equally fast. */
const CHUNK: usize = 16_384;

/** Shorter messages are left to the tables altogether. */
const SHORTEST: usize = 4 * TAPS_END;

/** Eight tables of 256 words, table t for a byte that is followed by t more: "slicing by 8". */
const TABLES: usize = memory.data(8 * 1024, 16);

/** What was folded last, TAPS_END bytes of it, and behind it a chunk. */
const FOLDED: usize = memory.data(<i32>(TAPS_END + CHUNK), 16);

/** The end of a message with all that came before it xored in. */
const REST: usize = memory.data(<i32>TAPS_END, 16);

makeTables();

/** @returns CRC-32 of `length` bytes at any address; the caller reads it as unsigned. */
export function crc32(at: usize, length: usize): u32 {
  if (length < SHORTEST) return ~tabled(-1, at, length);
  memory.fill(FOLDED, 0, TAPS_END);
  // CRC-32 begins with 32 ones, xored into the first word: as if they had been folded to there.
  store<u32>(FOLDED, -1);
  let left = length;
  while (left >= TAPS_END + 16) {
    const bytes = min(CHUNK, (left - TAPS_END) & ~15);
    fold(at, FOLDED + TAPS_END, bytes);
    memory.copy(FOLDED, FOLDED + bytes, TAPS_END);
    at += bytes;
    left -= bytes;
  }
  // From here on nothing is passed on: what lies behind the last folded vector counts as zero.
  memory.fill(FOLDED + TAPS_END, 0, TAPS_END);
  fold(at, REST, TAPS_END);
  const crc = tabled(0, REST, TAPS_END);
  return ~tabled(crc, at + TAPS_END, left - TAPS_END);
}

/**
 * to[i] = from[i] ^ what was folded TAP_1, TAP_2, TAP_3 and TAPS_END before it. `to` may be the
 * history's own continuation: each vector is stored before one that reads it is computed.
 */
function fold(from: usize, to: usize, bytes: usize): void {
  const history = FOLDED + TAPS_END;
  for (let i: usize = 0; i < bytes; i += 16) {
    const at = history + i;
    let folded = v128.xor(v128.load(from + i, 0, 1), v128.load(at - TAPS_END));
    folded = v128.xor(folded, v128.xor(v128.load(at - TAP_3), v128.load(at - TAP_2)));
    v128.store(to + i, v128.xor(folded, v128.load(at - TAP_1)));
  }
}

/** The remainder without the inversions at both ends, so that it can be carried on. */
function tabled(crc: u32, at: usize, length: usize): u32 {
  const end = at + length;
  for (; at + 8 <= end; at += 8) {
    const low = load<u32>(at, 0, 1) ^ crc;
    const high = load<u32>(at, 4, 1);
    crc =
      word(7, low & 255) ^
      word(6, (low >> 8) & 255) ^
      word(5, (low >> 16) & 255) ^
      word(4, low >> 24) ^
      word(3, high & 255) ^
      word(2, (high >> 8) & 255) ^
      word(1, (high >> 16) & 255) ^
      word(0, high >> 24);
  }
  for (; at < end; at++) crc = word(0, (crc ^ load<u8>(at)) & 255) ^ (crc >> 8);
  return crc;
}

function word(table: u32, byte: u32): u32 {
  return load<u32>(TABLES + (table << 10) + (byte << 2));
}

function makeTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
    store<u32>(TABLES + (byte << 2), crc);
  }
  for (let i: u32 = 256; i < 8 * 256; i++) {
    const crc = load<u32>(TABLES + ((i - 256) << 2));
    store<u32>(TABLES + (i << 2), word(0, crc & 255) ^ (crc >> 8));
  }
}
