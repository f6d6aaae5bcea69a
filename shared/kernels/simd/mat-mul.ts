import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { BLOCK, packedBytes } from './conv2d.ts';
import { registerSimd, replaced, type Simd } from './kernel.ts';

/**
 * Matrix products by the convolution's loops: rows of A are windows of one place, and B is a filter,
 * whose packing takes a transpose as easily as not. A transposed is the filter's gradient. Both
 * transposed, and batches that are broadcast, are left to the kernel that was there before.
 */
export function registerMatMul(tf: Tf, module: WebAssembly.Module): void {
  const before = replaced(tf, 'BatchMatMul');
  registerSimd(tf, module, 'BatchMatMul', (simd, inputs, attrs) => {
    const { a, b } = inputs as Record<'a' | 'b', TensorInfo>;
    const { transposeA, transposeB } = attrs as Record<'transposeA' | 'transposeB', boolean>;
    const outer = a.shape.slice(0, -2);
    const isAlike = String(outer) === String(b.shape.slice(0, -2));
    if (!isAlike || (transposeA && transposeB)) return before(simd, inputs, attrs);
    const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
    const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
    const rows = transposeA ? aColumns : aRows;
    const inner = transposeA ? aRows : aColumns;
    const columns = transposeB ? bRows : bColumns;
    const out = simd.output([...outer, rows, columns]);
    const product = transposeA ? productOfTransposed : productOf;
    const batch = outer.reduce((x, y) => x * y, 1);
    for (let i = 0; i < batch; i++)
      product(simd, {
        ...{ rows, inner, columns, transposeB },
        a: simd.at(a) + 4 * i * rows * inner,
        b: simd.at(b) + 4 * i * inner * columns,
        out: simd.at(out) + 4 * i * rows * columns,
      });
    return out;
  });
}

type Product = {
  a: number;
  b: number;
  out: number;
  rows: number;
  inner: number;
  columns: number;
  transposeB: boolean;
};

/** Places of a list, the last tile filled up. */
const slotsOf = (places: number) => 8 * (places + 5);

/** One place for each row of `length` numbers; its outputs are `columns`. */
const rowPlaces = (list: number, rows: number, length: number, columns: number) =>
  [list, rows, 1, 1, 1, 1, 1, 1, length, 0, 0, 1, 1, 1, 1, columns] as const;

function productOf(simd: Simd, { a, b, out, rows, inner, columns, transposeB }: Product): void {
  const strides = transposeB ? [1, inner] : [columns, 1];
  const bytes = [packedBytes(inner, columns), slotsOf(rows), 4 * BLOCK];
  simd.scratch(bytes, (packed, list, rest) => {
    simd.loops.pack(b, packed, 1, 1, inner, columns, 0, 0, ...strides);
    const count = simd.loops.places(...rowPlaces(list, rows, inner, columns));
    simd.loops.convolve(a, packed, out, list, count, 1, inner, 0, columns, rest);
  });
}

/** `rows` counts those of the product: A is [inner, rows]. */
function productOfTransposed(simd: Simd, { a, b, out, rows, inner, columns }: Product): void {
  const sumsBytes = simd.loops.filterSumsBytes(1, rows, columns);
  simd.scratch([sumsBytes, slotsOf(inner), 4 * BLOCK * inner], (sums, list, packed) => {
    simd.clear(sums, sumsBytes);
    simd.loops.places(...rowPlaces(list, inner, rows, columns));
    simd.loops.filterGradient(a, b, sums, list, inner, 1, rows, 0, columns, packed);
    simd.loops.unpackSums(sums, out, 1, rows, columns);
  });
}
