import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Device } from './device.ts';
import { moments, NORM_NUMBERS, NORM_THREADS, type NormGeometry } from './group-norm-source.ts';
import { variants, type Program } from './program.ts';
import { entry, laneOf, reduction, THREADS } from './workgroup.ts';

export function backwardOf(
  device: Device,
  inputs: Record<'x' | 'gamma' | 'beta' | 'dy', TensorInfo>,
  g: NormGeometry,
): TensorInfo[] {
  const dx = device.output(inputs.x.shape);
  const shares = device.output([g.batch, 2, g.channels]);
  const [dGamma, dBeta] = [device.output([g.channels]), device.output([g.channels])];
  device.run(backward(g.lane, g.relu), { ...inputs, dx, shares }, g.numbers, [g.groups, g.batch]);
  const { batch, channels } = g;
  device.run(addUp, { shares, dGamma, dBeta }, { batch, channels }, [
    Math.ceil(channels / THREADS),
  ]);
  device.free(shares);
  return [dx, dGamma, dBeta];
}

/**
 * With h the normalised input and g = dy * gamma (zero where the ReLU was shut):
 * dx = rstd * (g - mean(g) - h * mean(g * h)), means over the group; an image's share of dGamma is
 * the sum of dy * h, of dBeta that of dy. Threads go along a channel each, `rows` of them side by side.
 */
const backward = variants((size: 1 | 4, relu: boolean): Program => {
  const { type, total } = laneOf(size);
  return {
    name: `groupNormGrad/${size}/${relu}`,
    reads: ['x', 'gamma', 'beta', 'dy'].map((name) => ({ name, type })),
    writes: ['dx', 'shares'].map((name) => ({ name, type })),
    numbers: NORM_NUMBERS,
    body: (subgroups) => `
${reduction('vec2f', subgroups, NORM_THREADS)}
${moments(size)}
var<workgroup> flows: array<${type}, ${NORM_THREADS}>;
var<workgroup> alongs: array<${type}, ${NORM_THREADS}>;
${entry(subgroups, NORM_THREADS)}
  let origin = first(group.y, group.x);
  let m = moments(group.y, group.x, local, lanes);
  let rows = ${NORM_THREADS}u / uniforms.width;
  let row = local / uniforms.width;
  let channel = group.x * uniforms.width + local % uniforms.width;
  let scale = gamma[channel];
  let shift = beta[channel];
  var flow = ${type}(0);
  var along = ${type}(0);
  if (row < rows) {
    for (var p = row; p < uniforms.positions; p += rows) {
      let place = at(group.y, p, channel);
      let h = (x[place] - origin - m.x) * m.y;
      let d = ${relu ? `select(${type}(0), dy[place], h * scale + shift > ${type}(0))` : 'dy[place]'};
      flow += d;
      along += d * h;
    }
  }
  let both = vec2f(${total('flow * scale')}, ${total('along * scale')});
  let mean = reduce(both, local, lanes) / f32(uniforms.positions * uniforms.width * ${size}u);
  if (row < rows) {
    for (var p = row; p < uniforms.positions; p += rows) {
      let place = at(group.y, p, channel);
      let h = (x[place] - origin - m.x) * m.y;
      let d = ${relu ? `select(${type}(0), dy[place], h * scale + shift > ${type}(0))` : 'dy[place]'};
      dx[place] = m.y * (d * scale - mean.x - h * mean.y);
    }
  }
  flows[local] = flow;
  alongs[local] = along;
  workgroupBarrier();
  // In two strides: eight rows add up the others, then the first those eight.
  if (row < 8u) {
    for (var r = row + 8u; r < rows; r += 8u) {
      flow += flows[r * uniforms.width + local % uniforms.width];
      along += alongs[r * uniforms.width + local % uniforms.width];
    }
    flows[local] = flow;
    alongs[local] = along;
  }
  workgroupBarrier();
  if (row == 0u) {
    for (var r = 1u; r < min(8u, rows); r++) {
      flow += flows[r * uniforms.width + local];
      along += alongs[r * uniforms.width + local];
    }
    shares[(group.y * 2u) * uniforms.stride + channel] = along;
    shares[(group.y * 2u + 1u) * uniforms.stride + channel] = flow;
  }
}
`,
  };
});

const addUp: Program = {
  name: 'groupNormGrad/shares',
  reads: [{ name: 'shares', type: 'f32' }],
  writes: [
    { name: 'dGamma', type: 'f32' },
    { name: 'dBeta', type: 'f32' },
  ],
  numbers: { batch: 'u32', channels: 'u32' },
  body: () => `
${entry(false)}
  let channel = group.x * ${THREADS}u + local;
  if (channel >= uniforms.channels) { return; }
  var sum = vec2f(0);
  for (var b = 0u; b < uniforms.batch; b++) {
    let source = b * 2u * uniforms.channels + channel;
    sum += vec2f(shares[source], shares[source + uniforms.channels]);
  }
  dGamma[channel] = sum.x;
  dBeta[channel] = sum.y;
}
`,
};
