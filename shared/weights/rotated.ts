import type { Random } from '../math/random.ts';
import { blocksIn, eachBlock, Rotation } from '../math/rotation.ts';
import { LARGEST_FLOAT32, saturate } from '../math/rounding.ts';
import { viewOf, type Scheme } from './schemes/scheme.ts';

const SEED_BYTES = 4;
const SCALE_BYTES = 4;

/** What a rotated scheme decides: how a rotated number becomes a code of a few bits under its block's scale. */
export type Quantiser = {
  /** Numbers that are rotated together and share a scale, a power of two. */
  block: number;
  /** Bits of a code. */
  bits: number;
  /** The largest magnitude of a level. */
  top: number;
  /** Codes a rotated block at number `start` of the zeroed codes. @returns its scale, a finite float32 or nearly */
  fit(block: Float64Array, codes: Uint8Array, start: number, random: Random): number;
  /** The level of number `i`: what times the scale stands for the rotated number. */
  levelAt(codes: Uint8Array, i: number): number;
  /** Sum of the squared levels of numbers `start` to `start + size - 1`. */
  squares(codes: Uint8Array, start: number, size: number): number;
};

/**
 * The part of a scheme that all rotated ones share. Payload: the rotation's seed, a float32 scale a
 * block, the codes. A rotation keeps lengths, so norms follow from scales and codes without turning
 * anything back, except where values saturate near the end of float32.
 */
export function rotated(
  quantiser: Quantiser,
): Pick<Scheme, 'bytes' | 'encode' | 'accumulate' | 'decodeInto' | 'squares' | 'finite'> {
  const { block: length, bits, top } = quantiser;
  // Up to this scale no number of a block leaves float32.
  const safeScale = LARGEST_FLOAT32 / (Math.sqrt(length) * top);
  // Nothing here waits, so that one block of scratch is enough.
  const scratch = new Float64Array(length);
  const blockOf = (size: number) => (size === length ? scratch : scratch.subarray(0, size));
  const codeBytes = (count: number) => Math.ceil((count * bits) / 8);

  function parts(payload: Uint8Array, count: number) {
    const start = SEED_BYTES + SCALE_BYTES * blocksIn(count, length);
    return {
      seed: viewOf(payload.subarray(0, SEED_BYTES)),
      scales: viewOf(payload.subarray(SEED_BYTES, start)),
      codes: payload.subarray(start, start + codeBytes(count)),
    };
  }

  /** Calls back with one decoded block after another, in scratch that the next one overwrites. */
  function eachDecoded(
    payload: Uint8Array,
    count: number,
    visit: (block: Float64Array, start: number) => void,
  ): void {
    const { seed, scales, codes } = parts(payload, count);
    const rotation = new Rotation(seed.getUint32(0, true));
    eachBlock(count, length, (index, start, size) => {
      const block = blockOf(size);
      const scale = scales.getFloat32(SCALE_BYTES * index, true);
      for (let i = 0; i < size; i++) block[i] = scale * quantiser.levelAt(codes, start + i);
      rotation.inverse(block);
      // What the levels' rounding took past the end of float32 was within it before.
      if (Math.abs(scale) > safeScale)
        for (let i = 0; i < size; i++) block[i] = saturate(block[i]!);
      visit(block, start);
    });
  }

  function squaresDecoded(payload: Uint8Array, count: number): number {
    let total = 0;
    eachDecoded(payload, count, (block) => {
      for (let i = 0; i < block.length; i++) total += block[i]! * block[i]!;
    });
    return total;
  }

  return {
    bytes: (count) => SEED_BYTES + SCALE_BYTES * blocksIn(count, length) + codeBytes(count),

    encode(values, out, random) {
      out.fill(0);
      const { seed, scales, codes } = parts(out, values.length);
      seed.setUint32(0, random.uint32(), true);
      const rotation = new Rotation(seed.getUint32(0, true));
      eachBlock(values.length, length, (index, start, size) => {
        const block = blockOf(size);
        for (let i = 0; i < size; i++) block[i] = values[start + i]!;
        rotation.forward(block);
        scales.setFloat32(SCALE_BYTES * index, quantiser.fit(block, codes, start, random), true);
      });
    },

    accumulate(payload, sum, weight) {
      eachDecoded(payload, sum.length, (block, start) => {
        for (let i = 0; i < block.length; i++) sum[start + i]! += weight * block[i]!;
      });
    },

    decodeInto(payload, out) {
      eachDecoded(payload, out.length, (block, start) => out.set(block, start));
    },

    squares(payload, count) {
      const { scales, codes } = parts(payload, count);
      let total = 0;
      let saturated = false;
      eachBlock(count, length, (index, start, size) => {
        const scale = scales.getFloat32(SCALE_BYTES * index, true);
        saturated ||= Math.abs(scale) > safeScale;
        total += scale ** 2 * quantiser.squares(codes, start, size);
      });
      return saturated ? squaresDecoded(payload, count) : total;
    },

    finite(payload, count) {
      const { scales } = parts(payload, count);
      for (let index = 0; index < blocksIn(count, length); index++)
        if (!Number.isFinite(scales.getFloat32(SCALE_BYTES * index, true))) return false;
      return true;
    },
  };
}
