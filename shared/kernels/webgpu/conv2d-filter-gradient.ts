import {
  CONV_NUMBERS,
  CONV_THREADS,
  GATHER,
  reader,
  typeOf,
  unrolled,
  writer,
} from './conv2d-source.ts';
import { variants, type Program } from './program.ts';
import { entry, THREADS } from './workgroup.ts';

/**
 * Into how many parts the sum over all places is split, each with sums of its own: enough to keep a
 * GPU busy, and never so many that they are more numbers than half of dy.
 */
export function splitsOf(of: { places: number; lines: number; rows: number }): number {
  const useful = Math.ceil(of.lines / 64);
  return Math.max(1, Math.min(useful, Math.floor(of.places / (2 * of.rows))));
}

/**
 * dW[k, o] = sum over places of x[place + k] * dy[place, o]. A thread sums 4 rows by 8 channels over
 * every so-manieth line of the images; the 8 threads of a workgroup that have the same rows and
 * channels add up theirs in its memory.
 */
export const filterGradient = variants((inFours: boolean, outFours: boolean): Program => ({
  name: `conv2dFilterGradient/${inFours}/${outFours}`,
  reads: [
    { name: 'x', type: typeOf(inFours) },
    { name: 'dy', type: typeOf(outFours) },
  ],
  writes: [{ name: 'sums', type: typeOf(outFours) }],
  numbers: CONV_NUMBERS,
  body: () => `
${inFours ? '' : GATHER}
${reader('dy', 'dy', 'uniforms.outChannels', outFours)}
${writer('sums', 'sums', 'uniforms.outChannels', outFours)}
var<workgroup> shares: array<vec4f, ${CONV_THREADS * 8}>;
${entry(false, CONV_THREADS)}
  let rows = u32(uniforms.filterHeight * uniforms.filterWidth) * uniforms.inChannels;
  let eights = (uniforms.outChannels + 7u) / 8u;
  let tile = group.x * 8u + local % 8u;
  let o = tile % eights * 2u;
  let k = tile / eights * 4u;
  ${unrolled(4, (q) => `var low${q} = vec4f(0); var high${q} = vec4f(0);`)}
  if (k < rows) {
    let lines = i32(uniforms.batch) * uniforms.outHeight;
    for (var line = i32(group.y * 8u + local / 8u); line < lines; line += i32(groups.y) * 8) {
      let image = line / uniforms.outHeight;
      let top = line % uniforms.outHeight * uniforms.strideHeight - uniforms.top;
      ${inFours ? acrossFours : gathered}
    }
  }
  ${unrolled(
    4,
    (q) => `
  shares[local * 8u + ${q * 2}u] = low${q};
  shares[local * 8u + ${q * 2 + 1}u] = high${q};`,
  )}
  workgroupBarrier();
  var total = vec4f(0);
  for (var i = 0u; i < 8u; i++) { total += shares[i * 64u + local]; }
  let mine = group.x * 8u + local / 8u;
  let row = mine / eights * 4u + local % 8u / 2u;
  let four = mine % eights * 2u + local % 2u;
  if (row < rows && four * 4u < uniforms.outChannels) { sumsPut(group.y * rows + row, four, total); }
}
`,
}));

const ADD = `
        let d0 = dyAt(place, o);
        let d1 = dyAt(place, min(o + 1u, (uniforms.outChannels - 1u) / 4u));
        ${unrolled(4, (q) => `low${q} += v[${q}] * d0; high${q} += v[${q}] * d1;`)}`;

/** Four neighbouring channels of one tap; columns outside of the image are left out at once. */
const acrossFours = `
      let tap = i32(k / uniforms.inChannels);
      let row = top + tap / uniforms.filterWidth;
      if (row < 0 || row >= uniforms.inHeight) { continue; }
      let shift = tap % uniforms.filterWidth - uniforms.left;
      let stride = uniforms.strideWidth;
      let begin = max(0, (stride - 1 - shift) / stride);
      let end = min(uniforms.outWidth, (uniforms.inWidth - 1 - shift + stride) / stride);
      let depth = i32(uniforms.inChannels / 4u);
      let base = (image * uniforms.inHeight + row) * uniforms.inWidth * depth + i32(k % uniforms.inChannels / 4u);
      for (var column = begin; column < end; column++) {
        let v = x[base + (column * stride + shift) * depth];
        let place = u32(line * uniforms.outWidth + column);
        ${ADD}
      }
`;

/** Four rows of the filter, wherever they lie in the image. */
const gathered = `
      for (var column = 0; column < uniforms.outWidth; column++) {
        let left = column * uniforms.strideWidth - uniforms.left;
        var v = vec4f(0);
        for (var q = 0u; q < 4u && k + q < rows; q++) {
          let tap = tapOf(k + q);
          v[q] = pixel(image, top + tap.x, left + tap.y, tap.z);
        }
        let place = u32(line * uniforms.outWidth + column);
        ${ADD}
      }
`;

/** Adds up the parts. */
export const addPartials: Program = {
  name: 'conv2dFilterGradient/parts',
  reads: [{ name: 'sums', type: 'f32' }],
  writes: [{ name: 'total', type: 'f32' }],
  numbers: { count: 'u32', splits: 'u32' },
  body: () => `
${entry(false)}
  let at = group.x * ${THREADS}u + local;
  if (at >= uniforms.count) { return; }
  var sum = 0.0;
  for (var i = 0u; i < uniforms.splits; i++) { sum += sums[i * uniforms.count + at]; }
  total[at] = sum;
}
`,
};
