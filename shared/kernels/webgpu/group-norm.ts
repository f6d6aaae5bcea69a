import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { GROUP_NORM, GROUP_NORM_GRAD, type GroupNormAttrs } from '../group-norm.ts';
import { backwardOf } from './group-norm-grad.ts';
import { geometryOf, moments, NORM_NUMBERS, NORM_THREADS } from './group-norm-source.ts';
import { variants, type Program } from './program.ts';
import { registerWebgpu } from './register.ts';
import { entry, laneOf, reduction } from './workgroup.ts';

/**
 * GroupNorm (Wu and He 2018) with the ReLU behind it: one dispatch forward, a workgroup for each
 * group of each image; two backward, the second adding up the images' shares of gamma's and beta's
 * gradients. Composed of tfjs's ops it is 13 dispatches forward and some 30 backward.
 */
export function registerGroupNorm(tf: Tf): void {
  registerWebgpu(tf, GROUP_NORM, (device, inputs, attrs) => {
    const { x, gamma, beta } = inputs as Record<'x' | 'gamma' | 'beta', TensorInfo>;
    const g = geometryOf(x, attrs as GroupNormAttrs);
    const out = device.output(x.shape);
    device.run(forward(g.lane, g.relu), { x, gamma, beta, out }, g.numbers, [g.groups, g.batch]);
    return out;
  });
  registerWebgpu(tf, GROUP_NORM_GRAD, (device, inputs, attrs) => {
    const { x, gamma, beta, dy } = inputs as Record<'x' | 'gamma' | 'beta' | 'dy', TensorInfo>;
    return backwardOf(device, { x, gamma, beta, dy }, geometryOf(x, attrs as GroupNormAttrs));
  });
}

const forward = variants((size: 1 | 4, relu: boolean): Program => {
  const { type } = laneOf(size);
  return {
    name: `groupNorm/${size}/${relu}`,
    reads: ['x', 'gamma', 'beta'].map((name) => ({ name, type })),
    writes: [{ name: 'out', type }],
    numbers: NORM_NUMBERS,
    body: (subgroups) => `
${reduction('vec2f', subgroups, NORM_THREADS)}
${moments(size)}
${entry(subgroups, NORM_THREADS)}
  let origin = first(group.y, group.x);
  let m = moments(group.y, group.x, local, lanes);
  for (var i = local; i < uniforms.positions * uniforms.width; i += ${NORM_THREADS}u) {
    let channel = group.x * uniforms.width + i % uniforms.width;
    let place = at(group.y, i / uniforms.width, channel);
    let h = (x[place] - origin - m.x) * m.y;
    let y = h * gamma[channel] + beta[channel];
    out[place] = ${relu ? `max(y, ${type}(0))` : 'y'};
  }
}
`,
  };
});
