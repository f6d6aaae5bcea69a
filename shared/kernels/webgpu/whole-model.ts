import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import {
  ADAM_STEP,
  AVERAGE_STEP,
  SGD_STEP,
  type AdamStepAttrs,
  type AverageStepAttrs,
  type SgdStepAttrs,
} from '../whole-model.ts';
import type { Device } from './device.ts';
import type { Values } from './program.ts';
import { registerWebgpu } from './register.ts';
import { THREADS } from './workgroup.ts';
import {
  adam,
  average,
  ruleProgram,
  sgd,
  SHARES,
  squares,
  type Rule,
} from './whole-model-rules.ts';

/**
 * The optimisers and the average over a whole model, as many tensors a dispatch as the device has
 * bindings for, in place: a step of SGD is read and written once. The clipping norm stays on the
 * device: the steps add up the shares of it themselves.
 */
export function registerWholeModel(tf: Tf): void {
  registerWebgpu(tf, SGD_STEP, (device, inputs, attrs) => {
    const { rate, momentum, clip } = attrs as SgdStepAttrs;
    const [p, v, g] = listsOf(inputs, attrs, 3);
    const lists = { p: renewed(device, p!), v: renewed(device, v!) };
    clipped(device, g!, (norm) =>
      update(device, sgd, { ...lists, g: g! }, { rate, momentum, clip }, norm),
    );
    return [...lists.p, ...lists.v];
  });
  registerWebgpu(tf, ADAM_STEP, (device, inputs, attrs) => {
    const { count: _, ...values } = attrs as AdamStepAttrs;
    const [p, m, s, g] = listsOf(inputs, attrs, 4);
    const lists = { p: renewed(device, p!), m: renewed(device, m!), s: renewed(device, s!) };
    clipped(device, g!, (norm) => update(device, adam, { ...lists, g: g! }, values, norm));
    return [...lists.p, ...lists.m, ...lists.s];
  });
  registerWebgpu(tf, AVERAGE_STEP, (device, inputs, attrs) => {
    const { decay } = attrs as AverageStepAttrs;
    const [a, p] = listsOf(inputs, attrs, 2);
    const averages = renewed(device, a!);
    update(device, average, { a: averages, p: p! }, { decay });
    return averages;
  });
}

function listsOf(
  inputs: Record<string, TensorInfo>,
  attrs: NamedAttrMap,
  lists: number,
): TensorInfo[][] {
  const all = Object.values(inputs);
  const count = attrs['count'] as number;
  if (all.length !== count * lists)
    throw new Error(`webgpu: ${all.length} tensors are not ${lists} lists of ${count}`);
  return Array.from({ length: lists }, (_, i) => all.slice(i * count, (i + 1) * count));
}

const renewed = (device: Device, list: TensorInfo[]) => list.map((one) => device.overwritable(one));

const sizeOf = ({ shape }: TensorInfo) => shape.reduce((a, b) => a * b, 1);

/** The squared norm's shares [tensors * SHARES] of all gradients, for as long as `work` takes. */
function clipped(device: Device, gradients: TensorInfo[], work: (norm: TensorInfo) => void): void {
  const norm = device.output([gradients.length * SHARES]);
  const most = device.bindings - 1;
  for (let first = 0; first < gradients.length; first += most) {
    const some = gradients.slice(first, first + most);
    const tensors = { norm, ...named('g', some) };
    const values = { first, ...sizes(some) };
    device.run(squares(some.length), tensors, values, [SHARES, some.length]);
  }
  work(norm);
  device.free(norm);
}

const named = (name: string, list: readonly TensorInfo[]) =>
  Object.fromEntries(list.map((one, i) => [`${name}${i}`, one]));
const sizes = (list: readonly TensorInfo[]) =>
  Object.fromEntries(list.map((one, i) => [`size${i}`, sizeOf(one)]));

function update(
  device: Device,
  rule: Rule,
  lists: Record<string, TensorInfo[]>,
  values: Values,
  norm?: TensorInfo,
): void {
  const names = [...rule.reads, ...rule.writes];
  const most = Math.floor((device.bindings - (norm ? 1 : 0)) / names.length);
  const count = lists[names[0]!]!.length;
  for (let first = 0; first < count; first += most) {
    const some = names.map((name) => [name, lists[name]!.slice(first, first + most)] as const);
    const tensors = Object.assign({}, ...some.map(([name, list]) => named(name, list)));
    const [, of] = some[0]!;
    const shares = norm ? sizeOf(norm) : 0;
    const groups = Math.min(Math.ceil(Math.max(...of.map(sizeOf)) / THREADS), 256);
    device.run(
      ruleProgram(rule, of.length, norm !== undefined),
      { ...tensors, ...(norm && { norm }) },
      { ...values, shares, ...sizes(of) },
      [groups, of.length],
    );
  }
}
