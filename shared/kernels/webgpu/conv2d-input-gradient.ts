import {
  CONV_NUMBERS,
  CONV_THREADS,
  reader,
  TILE,
  typeOf,
  unrolled,
  writer,
} from './conv2d-source.ts';
import { variants, type Program } from './program.ts';
import { entry } from './workgroup.ts';

/**
 * dX[y, x, c] = sum over i, j, o of dY[(y + top - i) / s, (x + left - j) / s, o] * W[i, j, c, o], where
 * the divisions leave nothing over. Positions that leave the same rest are reached by the same taps:
 * they are a layer of workgroups each (z), so that no thread looks at a tap in vain.
 */
export const inputGradient = variants((inFours: boolean, outFours: boolean): Program => ({
  name: `conv2dInputGradient/${inFours}/${outFours}`,
  reads: [
    { name: 'dy', type: typeOf(outFours) },
    { name: 'weight', type: typeOf(outFours) },
  ],
  writes: [{ name: 'dx', type: typeOf(inFours) }],
  numbers: { ...CONV_NUMBERS, down: 'i32', across: 'i32' },
  body: () => `
${reader('dy', 'dy', 'uniforms.outChannels', outFours)}
${reader('weight', 'weight', 'uniforms.outChannels', outFours)}
${writer('dx', 'dx', 'uniforms.inChannels', inFours)}
${entry(false, CONV_THREADS)}
  let fours = (uniforms.inChannels + 3u) / 4u;
  let id = (group.y * groups.x + group.x) * ${CONV_THREADS}u + local;
  let c = id % fours;
  let start = i32(id / fours) * ${TILE};
  let places = i32(uniforms.batch) * uniforms.down * uniforms.across;
  if (start >= places) { return; }
  let rest = vec2i(i32(group.z) / uniforms.strideWidth, i32(group.z) % uniforms.strideWidth);
  ${unrolled(
    TILE,
    (p) => `
  let place${p} = min(start + ${p}, places - 1);
  let line${p} = place${p} / uniforms.across;
  let image${p} = line${p} / uniforms.down;
  let y${p} = line${p} % uniforms.down * uniforms.strideHeight + rest.x;
  let x${p} = place${p} % uniforms.across * uniforms.strideWidth + rest.y;
  var sum${p} = vec4f(0);`,
  )}
  let last = uniforms.inChannels - 1u;
  let depth = (uniforms.outChannels + 3u) / 4u;
  for (var i = (rest.x + uniforms.top) % uniforms.strideHeight; i < uniforms.filterHeight; i += uniforms.strideHeight) {
    for (var j = (rest.y + uniforms.left) % uniforms.strideWidth; j < uniforms.filterWidth; j += uniforms.strideWidth) {
      ${unrolled(
        TILE,
        (p) => `
      let row${p} = y${p} + uniforms.top - i;
      let column${p} = x${p} + uniforms.left - j;
      let oy${p} = row${p} / uniforms.strideHeight;
      let ox${p} = column${p} / uniforms.strideWidth;
      let in${p} = row${p} >= 0 && oy${p} < uniforms.outHeight && column${p} >= 0 && ox${p} < uniforms.outWidth;
      let from${p} = select(0u, u32((image${p} * uniforms.outHeight + oy${p}) * uniforms.outWidth + ox${p}), in${p});`,
      )}
      let k = u32(i * uniforms.filterWidth + j) * uniforms.inChannels;
      let k0 = k + min(c * 4u, last);
      let k1 = k + min(c * 4u + 1u, last);
      let k2 = k + min(c * 4u + 2u, last);
      let k3 = k + min(c * 4u + 3u, last);
      for (var o = 0u; o < depth; o++) {
        let weights = mat4x4f(weightAt(k0, o), weightAt(k1, o), weightAt(k2, o), weightAt(k3, o));
        ${unrolled(
          TILE,
          (p) => `
        sum${p} += select(vec4f(0), dyAt(from${p}, o), in${p}) * weights;`,
        )}
      }
    }
  }
  ${unrolled(
    TILE,
    (p) => `
  if (start + ${p} < places && y${p} < uniforms.inHeight && x${p} < uniforms.inWidth) {
    dxPut(u32((image${p} * uniforms.inHeight + y${p}) * uniforms.inWidth + x${p}), c, sum${p});
  }`,
  )}
}
`,
}));
