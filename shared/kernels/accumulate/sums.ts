import { crc32 } from '../../weights/checksum.ts';
import { open, type Opened } from '../../weights/codec.ts';
import type { SchemeId } from '../../weights/schemes/index.ts';
import { plainSum, type MakeSum, type Sum } from '../../weights/sum.ts';
import { loopsOf, type Exports, type Loops } from './exports.ts';
import { placesIn, type Place } from './memory.ts';
import { scratchIn } from './scratch.ts';

/** Taking encoded deltas in: checking them, and adding them up. Same bits in every implementation. */
export type Sums = {
  make: MakeSum;
  /** As the codec's `open`, errors included; what it returns is fastest until the next `open`. */
  open(bytes: Uint8Array, expected: { count: number; scheme?: SchemeId }): Opened;
  /** CRC-32, unsigned. */
  checksum(bytes: Uint8Array): number;
  /** Linear memory, in use or kept for the next sum, in bytes; 0 in the plain version, which has none. */
  memoryBytes(): number;
};

/** In plain TypeScript: the kernel's oracle, and what runs where there is no wasm SIMD. */
export const plainSums: Sums = {
  make: plainSum,
  open: (bytes, expected) => open(bytes, expected),
  checksum: crc32,
  memoryBytes: () => 0,
};

/**
 * On the wasm kernel: all its sums in one linear memory, beside room for one payload. A message is
 * copied there once, when it is opened, and what is asked of it or done with it before the next one
 * works on that copy. Nothing else is allocated for a delta. Memory is kept for the next sum, never
 * returned; a sum that was not freed gives its own back when it is collected.
 * `open`, `make` and `add` throw a RangeError when the platform gives no more of it.
 * @param module dist/kernels/accumulate.wasm, compiled
 * @throws WebAssembly.LinkError or RangeError when it cannot be instantiated
 */
export function wasmSums(module: WebAssembly.Module): Sums {
  const exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
  const { memory } = exports;
  const loops = loopsOf(exports);
  const places = placesIn(memory, exports.free());
  const lost = new FinalizationRegistry<Place>(places.giveBack);
  const { copyIn, addressOf } = scratchIn(memory, places);
  const checksum = (bytes: Uint8Array) => exports.crc32(copyIn(bytes), bytes.length) >>> 0;
  return {
    make(size) {
      const place = places.take(Float64Array.BYTES_PER_ELEMENT * size);
      const sum = sumAt(place, memory, size, {
        add(delta, weight) {
          const own = loops[delta.scheme];
          own?.accumulate(addressOf(delta.payload), place.at, size, weight);
          return own !== undefined;
        },
        free() {
          lost.unregister(place);
          places.giveBack(place);
        },
      });
      // An object of a shard may be evicted, sums and all, while its isolate and this memory live on.
      lost.register(sum, place, place);
      return sum;
    },
    open(bytes, expected) {
      const opened = open(bytes, expected, checksum);
      const own = loops[opened.scheme];
      return own ? onCopy(opened, own, addressOf) : opened;
    },
    checksum,
    memoryBytes: () => memory.buffer.byteLength,
  };
}

/** The delta with the kernel's loops. */
function onCopy(opened: Opened, own: Loops, addressOf: (payload: Uint8Array) => number): Opened {
  const { payload, count } = opened;
  return {
    ...opened,
    norm: () => Math.sqrt(own.squares(addressOf(payload), count)),
    assertFinite() {
      // The plain one finds it too, and says so in its own words.
      if (!own.finite(addressOf(payload), count)) opened.assertFinite();
    },
  };
}

/**
 * A sum of `size` numbers at a place of its own.
 * @param act `add` with the kernel, false where it has no loops for the scheme; `free` at most once
 */
function sumAt(
  { at }: Place,
  memory: WebAssembly.Memory,
  size: number,
  act: { add(delta: Opened, weight: number): boolean; free(): void },
): Sum {
  let freed = false;
  let view = new Float64Array(memory.buffer, at, size).fill(0);
  const values = () => {
    if (freed) throw new Error('sums: this sum was freed');
    // A memory that grew has a new buffer, and views of the old one are empty.
    if (view.buffer !== memory.buffer) view = new Float64Array(memory.buffer, at, size);
    return view;
  };
  return {
    size,
    add(delta, weight) {
      // Freed or of another size: refused by what the plain way goes through.
      const fits = !freed && delta.count === size;
      if (!fits || !act.add(delta, weight)) delta.accumulate(values(), weight);
    },
    values,
    free() {
      if (!freed) act.free();
      freed = true;
    },
  };
}
