import {
  CONV_NUMBERS,
  CONV_THREADS,
  GATHER,
  reader,
  TILE,
  typeOf,
  unrolled,
  writer,
} from './conv2d-source.ts';
import { variants, type Program } from './program.ts';
import { entry } from './workgroup.ts';

/** A thread makes 4 output channels at TILE positions: neighbours read the same pixels. */
export const forward = variants((inFours: boolean, outFours: boolean): Program => ({
  name: `conv2d/${inFours}/${outFours}`,
  reads: [
    { name: 'x', type: typeOf(inFours) },
    { name: 'weight', type: typeOf(outFours) },
  ],
  writes: [{ name: 'out', type: typeOf(outFours) }],
  numbers: CONV_NUMBERS,
  body: () => `
${inFours ? '' : GATHER}
${reader('weight', 'weight', 'uniforms.outChannels', outFours)}
${writer('out', 'out', 'uniforms.outChannels', outFours)}
fn windowOf(place: i32) -> vec3i {
  let line = place / uniforms.outWidth;
  let row = line % uniforms.outHeight * uniforms.strideHeight - uniforms.top;
  let column = place % uniforms.outWidth * uniforms.strideWidth - uniforms.left;
  return vec3i(line / uniforms.outHeight, row, column);
}
${entry(false, CONV_THREADS)}
  let fours = (uniforms.outChannels + 3u) / 4u;
  let id = (group.y * groups.x + group.x) * ${CONV_THREADS}u + local;
  let o = id % fours;
  let start = i32(id / fours) * ${TILE};
  let places = i32(uniforms.batch) * uniforms.outHeight * uniforms.outWidth;
  if (start >= places) { return; }
  ${unrolled(
    TILE,
    (p) => `
  let at${p} = windowOf(min(start + ${p}, places - 1));
  var sum${p} = vec4f(0);`,
  )}
  ${inFours ? acrossFours : gathered}
  ${unrolled(
    TILE,
    (p) => `
  if (start + ${p} < places) { outPut(u32(start + ${p}), o, sum${p}); }`,
  )}
}
`,
}));

const WEIGHTS = `
      let weights = mat4x4f(weightAt(k, o), weightAt(k + 1u, o), weightAt(k + 2u, o), weightAt(k + 3u, o));`;

/** Channels in fours: places are checked once a tap. */
const acrossFours = `
  let depth = i32(uniforms.inChannels / 4u);
  for (var i = 0; i < uniforms.filterHeight; i++) {
    for (var j = 0; j < uniforms.filterWidth; j++) {
      ${unrolled(
        TILE,
        (p) => `
      let row${p} = at${p}.y + i;
      let column${p} = at${p}.z + j;
      let in${p} = row${p} >= 0 && row${p} < uniforms.inHeight && column${p} >= 0 && column${p} < uniforms.inWidth;
      let from${p} = select(0, ((at${p}.x * uniforms.inHeight + row${p}) * uniforms.inWidth + column${p}) * depth, in${p});`,
      )}
      var k = u32(i * uniforms.filterWidth + j) * uniforms.inChannels;
      for (var c = 0; c < depth; c++) {
        ${WEIGHTS}
        ${unrolled(
          TILE,
          (p) => `
        sum${p} += weights * select(vec4f(0), x[from${p} + c], in${p});`,
        )}
        k += 4u;
      }
    }
  }
`;

/** Any channels: the filter's rows in fours, wherever they lie in the image. */
const gathered = `
  let rows = u32(uniforms.filterHeight * uniforms.filterWidth) * uniforms.inChannels;
  for (var first = 0u; first < rows; first += 4u) {
    ${unrolled(TILE, (p) => `var v${p} = vec4f(0);`)}
    for (var q = 0u; q < 4u && first + q < rows; q++) {
      let tap = tapOf(first + q);
      ${unrolled(TILE, (p) => `v${p}[q] = pixel(at${p}.x, at${p}.y + tap.x, at${p}.z + tap.y, tap.z);`)}
    }
    let last = rows - 1u;
    let weights = mat4x4f(
      weightAt(first, o), weightAt(min(first + 1u, last), o),
      weightAt(min(first + 2u, last), o), weightAt(min(first + 3u, last), o));
    ${unrolled(TILE, (p) => `sum${p} += weights * v${p};`)}
  }
`;
