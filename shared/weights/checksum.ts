/** Tables for CRC-32 over 4 bytes at a time ("slicing by 4", Kounavis and Berry 2005). */
const TABLES = makeTables();

/**
 * CRC-32 (IEEE 802.3, polynomial 0xedb88320 reflected; as in zip and png) of the bytes, 32 bits
 * unsigned. Against accidents on the way; who forges bytes can forge this too.
 */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = TABLES;
  const whole = bytes.length - (bytes.length % 4);
  let crc = -1;
  let i = 0;
  for (; i < whole; i += 4) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      t3[crc & 255]! ^ t2[(crc >>> 8) & 255]! ^ t1[(crc >>> 16) & 255]! ^ t0[(crc >>> 24) & 255]!;
  }
  for (; i < bytes.length; i++) crc = t0[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

function makeTables(): [Int32Array, Int32Array, Int32Array, Int32Array] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });
  // The effect of a byte that is followed by one more zero byte.
  const later = (table: Int32Array) => table.map((crc) => first[crc & 255]! ^ (crc >>> 8));
  const second = later(first);
  const third = later(second);
  return [first, second, third, later(third)];
}
