import type { SchemeId } from '../../weights/schemes/index.ts';

/** What assembly/index.ts exports. Addresses and lengths are bytes, `count` is numbers. */
export type Exports = {
  memory: WebAssembly.Memory;
  /** The first address that the kernels leave to their caller. */
  free(): number;
  /** As a signed integer: `>>> 0` makes it the one that the header has. */
  crc32(at: number, length: number): number;
  int8Accumulate: Loops['accumulate'];
  int8Squares: Loops['squares'];
  int8Finite: Loops['finite'];
  float32Accumulate: Loops['accumulate'];
  float32Squares: Loops['squares'];
  float32Finite: Loops['finite'];
};

/** A scheme's inner loops on linear memory: as in weights/schemes/scheme.ts, to the last bit. */
export type Loops = {
  /** @param sum address of `count` float64, aligned to 16 */
  accumulate(payload: number, sum: number, count: number, weight: number): void;
  squares(payload: number, count: number): number;
  /** 1 or 0. */
  finite(payload: number, count: number): number;
};

/** The schemes that have loops here; the others keep their own, in TypeScript. */
export function loopsOf(exports: Exports): Partial<Record<SchemeId, Loops>> {
  return {
    int8: {
      accumulate: exports.int8Accumulate,
      squares: exports.int8Squares,
      finite: exports.int8Finite,
    },
    float32: {
      accumulate: exports.float32Accumulate,
      squares: exports.float32Squares,
      finite: exports.float32Finite,
    },
  };
}
