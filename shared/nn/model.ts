import { layoutOf, type Layout } from '../weights/layout.ts';
import { HEADS, type HeadName } from './heads.ts';
import { NETS, type NetName } from './index.ts';
import type { InputSpec, Net } from './net.ts';
import type { Params, Tensor2D, Tensor4D, Tf } from './params.ts';

export type ModelSpec = {
  net: NetName;
  input: InputSpec;
  classes: number;
  heads: readonly HeadName[];
};

/** A network with its heads: the layout both sides agree on, and pure functions of the parameters. */
export type Model = {
  spec: ModelSpec;
  net: Net;
  features: number;
  layout: Layout;
  /** [batch, size, size, channels] -> [batch, features] */
  embed(tf: Tf, params: Params, x: Tensor4D): Tensor2D;
  /** [batch, features] -> [batch, outputs] of the named head */
  head(tf: Tf, name: HeadName, params: Params, z: Tensor2D): Tensor2D;
  /** [batch, size, size, channels] -> [batch, classes], before the softmax */
  logits(tf: Tf, params: Params, x: Tensor4D): Tensor2D;
};

/** @throws when the network cannot read the images, or there are fewer than two classes. */
export function createModel(spec: ModelSpec): Model {
  if (spec.classes < 2)
    throw new Error(`model: ${spec.classes} classes leave nothing to tell apart`);
  const { size, channels } = spec.input;
  if (![size, channels].every((n) => Number.isInteger(n) && n > 0))
    throw new Error(
      `model: there are no images of ${size} x ${size} pixels and ${channels} channels`,
    );
  const net: Net = NETS[spec.net];
  const features = net.features(spec.input);
  const specs = spec.heads.flatMap((name) => HEADS[name].specs(features, spec.classes));
  const layout = layoutOf([...net.specs(spec.input), ...specs]);
  const embed: Model['embed'] = (tf, params, x) => net.embed(tf, params, x);
  const head: Model['head'] = (tf, name, params, z) => HEADS[name].apply(tf, params, z);
  const logits: Model['logits'] = (tf, params, x) => head(tf, 'cls', params, embed(tf, params, x));
  return { spec, net, features, layout, embed, head, logits };
}
