import type { TensorInfo } from '@tensorflow/tfjs-core';
import { groupsOf, type GroupNormAttrs } from '../group-norm.ts';
import { laneOf } from './workgroup.ts';

/** Threads to a group of an image: a software GPU pays for each at every barrier, a real one is kept busy. */
export const NORM_THREADS = 128;

/**
 * How a tensor falls into groups, and what the shaders are told of it.
 * @throws when channels do not fall into the groups, or a group has more of them than a workgroup threads
 */
export function geometryOf(x: TensorInfo, attrs: GroupNormAttrs) {
  const { batch, positions, channels, width } = groupsOf(x, attrs.groups);
  const lane = width % 4 === 0 ? 4 : 1;
  if (width / lane > NORM_THREADS)
    throw new Error(
      `groupNorm on webgpu: ${width} channels a group, ${NORM_THREADS * lane} is the most`,
    );
  const numbers = { batch, positions, stride: channels / lane, width: width / lane };
  const { groups, relu, epsilon } = attrs;
  return { batch, channels, groups, relu, lane, numbers: { ...numbers, epsilon } } as const;
}
export type NormGeometry = ReturnType<typeof geometryOf>;

export const NORM_NUMBERS = {
  batch: 'u32',
  positions: 'u32',
  stride: 'u32',
  width: 'u32',
  epsilon: 'f32',
} as const;

/**
 * The group's mean and inverse deviation. Numbers are taken relative to the group's first, so that
 * the squares of what is far from zero do not drown the variance.
 */
export const moments = (size: number) => {
  const { type, total } = laneOf(size);
  return `
fn at(image: u32, position: u32, channel: u32) -> u32 {
  return (image * uniforms.positions + position) * uniforms.stride + channel;
}
fn first(image: u32, slot: u32) -> f32 {
  return x[at(image, 0u, slot * uniforms.width)]${size === 4 ? '.x' : ''};
}
fn moments(image: u32, slot: u32, local: u32, lanes: u32) -> vec2f {
  let origin = first(image, slot);
  var sum = vec2f(0);
  for (var i = local; i < uniforms.positions * uniforms.width; i += ${NORM_THREADS}u) {
    let channel = slot * uniforms.width + i % uniforms.width;
    let d: ${type} = x[at(image, i / uniforms.width, channel)] - origin;
    sum += vec2f(${total('d')}, ${total('d * d')});
  }
  let count = f32(uniforms.positions * uniforms.width * ${size}u);
  let mean = reduce(sum, local, lanes) / count;
  return vec2f(mean.x, 1.0 / sqrt(max(mean.y - mean.x * mean.x, 0.0) + uniforms.epsilon));
}
`;
};
