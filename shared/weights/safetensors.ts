import { Problem } from '../api/problem.ts';
import { bytesOf } from '../math/bytes.ts';
import type { Layout } from './layout.ts';
import { gather, type NamedTensor } from './gather.ts';

/**
 * safetensors (github.com/huggingface/safetensors, "Format"): the header's length in 8 bytes,
 * little-endian; a JSON header that names every tensor with its type, shape and bytes; the numbers.
 * Ours come in the layout's order, so that what follows the header is the flat weights themselves.
 */
const LENGTH_BYTES = 8;

/** Of ours, a few KB; the format's own limit is 100 MB. */
const HEADER_LIMIT = 1_000_000;

const METADATA = '__metadata__';

export type Safetensors = { weights: Float32Array; metadata: Record<string, string> };

type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] };

/** @throws when there are not as many weights as the layout has. */
export function packSafetensors(
  layout: Layout,
  weights: Float32Array,
  metadata: Record<string, string>,
): Uint8Array {
  if (weights.length !== layout.size)
    throw new Error(`safetensors: ${weights.length} numbers for a layout of ${layout.size}`);
  const header: Record<string, unknown> = { [METADATA]: metadata };
  for (const { name, shape, offset, size } of layout.entries)
    header[name] = { dtype: 'F32', shape, data_offsets: [4 * offset, 4 * (offset + size)] };
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces behind the header, as the format has it, so that the numbers are aligned.
  const start = LENGTH_BYTES + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(start + 4 * weights.length).fill(0x20, LENGTH_BYTES, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  bytes.set(json, LENGTH_BYTES);
  bytes.set(bytesOf(weights), start);
  return bytes;
}

/**
 * The layout's weights out of a file, whatever order it has them in.
 * @throws Problem 707 when it is no safetensors file, 708 when its tensors are not the layout's,
 *   710 when a number is not finite.
 */
export function unpackSafetensors(bytes: Uint8Array, layout: Layout): Safetensors {
  const { header, data } = split(bytes);
  const { [METADATA]: metadata = {}, ...entries } = header;
  if (!isStrings(metadata)) throw unreadable(`${METADATA} must be strings`);
  const tensors = new Map<string, NamedTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) throw unreadable(`the header's entry "${name}" is malformed`);
    const [from, to] = entry.data_offsets;
    if (to > data.length) throw unreadable(`"${name}" ends behind the file's end`);
    const { dtype, shape } = entry;
    tensors.set(name, { dtype: dtype === 'F32' ? 'float32' : dtype, shape, from, to });
  }
  refuseGaps(tensors, data.length);
  return { weights: gather(layout, tensors, data), metadata };
}

function split(bytes: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } {
  if (bytes.length < LENGTH_BYTES) throw unreadable(`${bytes.length} bytes are no header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  const end = LENGTH_BYTES + Number(length);
  if (length > HEADER_LIMIT || end > bytes.length)
    throw unreadable(`it announces a header of ${length} bytes`);
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      bytes.subarray(LENGTH_BYTES, end),
    );
    header = JSON.parse(text);
  } catch (error) {
    throw unreadable('its header is no JSON', error);
  }
  if (!isRecord(header)) throw unreadable('its header is no object');
  return { header, data: bytes.subarray(end) };
}

/** The format has neither holes nor overlaps: every byte is one tensor's. */
function refuseGaps(tensors: Map<string, NamedTensor>, length: number): void {
  let at = 0;
  for (const { from, to } of [...tensors.values()].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== at) throw unreadable(`byte ${Math.min(from, at)} is nobody's, or of two tensors`);
    at = to;
  }
  if (at !== length) throw unreadable(`${length} bytes of numbers, the header names ${at}`);
}

function isEntry(value: unknown): value is Entry {
  if (!isRecord(value)) return false;
  const { dtype, shape, data_offsets: offsets } = value;
  return (
    typeof dtype === 'string' &&
    areSizes(shape) &&
    areSizes(offsets) &&
    offsets.length === 2 &&
    offsets[0]! <= offsets[1]!
  );
}

function areSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
}

function isStrings(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((one) => typeof one === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(why: string, cause?: unknown): Problem {
  return new Problem(707, `safetensors: ${why}`, { cause });
}
