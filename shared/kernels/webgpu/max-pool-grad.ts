import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { variants, type Program } from './program.ts';
import { registerWebgpu } from './register.ts';
import { entry, groupsFor, laneOf, THREADS } from './workgroup.ts';

/**
 * Max-pooling's gradient in one dispatch: each input asks the windows that it is in whether it is
 * their first maximum. The stock kernel writes the places of the maxima down first.
 */
export function registerMaxPoolGrad(tf: Tf): void {
  registerWebgpu(tf, 'MaxPoolGrad', (device, inputs, attrs) => {
    const { dy, input: x } = inputs as { dy: TensorInfo; input: TensorInfo };
    const pool = tf.backend_util.computePool2DInfo(
      x.shape as [number, number, number, number],
      attrs['filterSize'] as number,
      attrs['strides'] as number,
      1,
      attrs['pad'] as 'same' | 'valid' | number,
      attrs['dimRoundingMode'] as 'floor' | 'round' | 'ceil' | undefined,
    );
    const dx = device.output(x.shape);
    const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth } = pool;
    const { size } = laneOf(pool.inChannels);
    const [channels, count] = [pool.inChannels, dx.shape.reduce((a, b) => a * b, 1)].map(
      (n) => n / size,
    );
    const numbers = {
      ...{ count: count!, channels: channels!, inHeight, inWidth, outHeight, outWidth },
      ...{ filterHeight, filterWidth, top: pool.padInfo.top, left: pool.padInfo.left },
      ...{ strideHeight: pool.strideHeight, strideWidth: pool.strideWidth },
    };
    device.run(program(size), { x, dy, dx }, numbers, [groupsFor(count!)]);
    return dx;
  });
}

const NUMBERS = {
  count: 'u32',
  channels: 'i32',
  inHeight: 'i32',
  inWidth: 'i32',
  outHeight: 'i32',
  outWidth: 'i32',
  filterHeight: 'i32',
  filterWidth: 'i32',
  top: 'i32',
  left: 'i32',
  strideHeight: 'i32',
  strideWidth: 'i32',
} as const;

const program = variants((size: 1 | 4): Program => {
  const { type } = laneOf(size);
  const lost = size === 4 ? 'vec4<bool>' : 'bool';
  return {
    name: `maxPoolGrad/${size}`,
    reads: ['x', 'dy'].map((name) => ({ name, type })),
    writes: [{ name: 'dx', type }],
    numbers: NUMBERS,
    body: () => `
fn at(image: i32, row: i32, column: i32, channel: i32) -> i32 {
  return ((image * uniforms.inHeight + row) * uniforms.inWidth + column) * uniforms.channels + channel;
}
${entry(false)}
  for (var index = group.x * ${THREADS}u + local; index < uniforms.count; index += groups.x * ${THREADS}u) {
    let channel = i32(index) % uniforms.channels;
    let place = i32(index) / uniforms.channels;
    let column = place % uniforms.inWidth;
    let line = place / uniforms.inWidth;
    let row = line % uniforms.inHeight;
    let image = line / uniforms.inHeight;
    let value = x[index];
    var sum = ${type}(0);
    // The first window that reaches this far, and the last that has not gone past.
    let oy0 = max(0, (row + uniforms.top - uniforms.filterHeight + uniforms.strideHeight) / uniforms.strideHeight);
    let oy1 = min(uniforms.outHeight - 1, (row + uniforms.top) / uniforms.strideHeight);
    let ox0 = max(0, (column + uniforms.left - uniforms.filterWidth + uniforms.strideWidth) / uniforms.strideWidth);
    let ox1 = min(uniforms.outWidth - 1, (column + uniforms.left) / uniforms.strideWidth);
    for (var oy = oy0; oy <= oy1; oy++) {
      let y = oy * uniforms.strideHeight - uniforms.top;
      for (var ox = ox0; ox <= ox1; ox++) {
        let z = ox * uniforms.strideWidth - uniforms.left;
        var lost = ${lost}(false);
        for (var i = max(0, y); i < min(uniforms.inHeight, y + uniforms.filterHeight); i++) {
          for (var j = max(0, z); j < min(uniforms.inWidth, z + uniforms.filterWidth); j++) {
            let other = x[at(image, i, j, channel)];
            let before = i < row || (i == row && j < column);
            lost = lost | (other > value) | (${lost}(before) & (other == value));
          }
        }
        let source = ((image * uniforms.outHeight + oy) * uniforms.outWidth + ox) * uniforms.channels + channel;
        sum += select(dy[source], ${type}(0), lost);
      }
    }
    dx[index] = sum;
  }
}
`,
  };
});
