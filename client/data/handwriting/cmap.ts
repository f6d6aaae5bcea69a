/**
 * Which characters a WOFF2 font really has, read from its `cmap` table.
 *
 * A canvas silently draws a missing character with a fallback font (or as an
 * empty box), and either would enter the data set as if the writer had drawn
 * it. Asking the font file itself is the only sure check. `cmap` is never
 * transformed in WOFF2, so one Brotli pass and a table walk are enough.
 */
import { brotliDecompressSync } from 'node:zlib';

const WOFF2_SIGNATURE = 0x774f4632;
const HEADER_BYTES = 48;
/** Positions in the WOFF2 specification's list of known table tags. */
const TAG_CMAP = 0;
const TAG_GLYF = 10;
const TAG_LOCA = 11;
const TAG_CUSTOM = 63;

interface Cursor {
  at: number;
}

/** One variable-length integer (7 bits a byte, high bit = more follow). */
function readBase128(bytes: Uint8Array, cursor: Cursor): number {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) break;
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) return value;
  }
  throw new Error('WOFF2 table directory: bad or truncated UIntBase128');
}

/** The `cmap` table's bytes out of a whole WOFF2 file. */
function cmapTable(file: Uint8Array): DataView {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER_BYTES || view.getUint32(0) !== WOFF2_SIGNATURE) {
    throw new Error('not a WOFF2 font: expected the signature "wOF2"');
  }
  const cursor: Cursor = { at: HEADER_BYTES };
  let start = 0;
  let found: { start: number; length: number } | undefined;
  for (let i = 0; i < view.getUint16(12); i++) {
    const flags = view.getUint8(cursor.at++);
    const tag = flags & 0x3f;
    if (tag === TAG_CUSTOM) cursor.at += 4;
    let length = readBase128(file, cursor);
    // glyf and loca are transformed unless the version says 3; others when it is not 0.
    const version = flags >> 6;
    const transformed = tag === TAG_GLYF || tag === TAG_LOCA ? version !== 3 : version !== 0;
    if (transformed) length = readBase128(file, cursor);
    if (tag === TAG_CMAP) found = { start, length };
    start += length;
  }
  if (!found) throw new Error('WOFF2 font without a cmap table');
  const packed = file.subarray(cursor.at, cursor.at + view.getUint32(20));
  const data = brotliDecompressSync(packed);
  return new DataView(data.buffer, data.byteOffset + found.start, found.length);
}

/** Adds format 4 characters (16-bit segments) that map to a glyph other than .notdef. */
function readSegments(table: DataView, at: number, into: Set<number>): void {
  const bytes = table.getUint16(at + 6);
  const ends = at + 14;
  const starts = ends + bytes + 2;
  for (let i = 0; i < bytes; i += 2) {
    const first = table.getUint16(starts + i);
    const last = table.getUint16(ends + i);
    const delta = table.getUint16(starts + bytes + i);
    const rangeAt = starts + 2 * bytes + i;
    const range = table.getUint16(rangeAt);
    for (let code = first; code <= last && code !== 0xffff; code++) {
      let glyph = code;
      if (range !== 0) {
        glyph = table.getUint16(rangeAt + range + 2 * (code - first));
        if (glyph === 0) continue;
      }
      if (((glyph + delta) & 0xffff) !== 0) into.add(code);
    }
  }
}

/** Adds format 12 characters (32-bit groups of consecutive glyphs). */
function readGroups(table: DataView, at: number, into: Set<number>): void {
  const groups = table.getUint32(at + 12);
  for (let i = 0; i < groups; i++) {
    const group = at + 16 + 12 * i;
    const first = table.getUint32(group);
    const glyph = table.getUint32(group + 8);
    for (let code = first; code <= table.getUint32(group + 4); code++) {
      if (glyph + code - first !== 0) into.add(code);
    }
  }
}

/**
 * Code points the font maps to a real glyph.
 *
 * @param file a whole WOFF2 file
 * @returns the code points of its Unicode subtables of formats 4 and 12
 * @throws if the file is no WOFF2 font or has no cmap
 */
export function coveredCodePoints(file: Uint8Array): Set<number> {
  const table = cmapTable(file);
  const covered = new Set<number>();
  for (let i = 0; i < table.getUint16(2); i++) {
    const platform = table.getUint16(4 + 8 * i);
    const encoding = table.getUint16(6 + 8 * i);
    const unicode = platform === 0 || (platform === 3 && (encoding === 1 || encoding === 10));
    if (!unicode) continue;
    const at = table.getUint32(8 + 8 * i);
    const format = table.getUint16(at);
    if (format === 4) readSegments(table, at, covered);
    if (format === 12) readGroups(table, at, covered);
  }
  return covered;
}
