import { layoutOf, type Layout, type ParamSpec } from '../weights/layout.ts';
import { partOf, type Part } from '../weights/part.ts';
import { HEADS, type HeadName } from './heads/index.ts';
import { NETS, type NetName } from './index.ts';
import type { InputSpec, Net } from './net.ts';
import type { Params, Tensor2D, Tensor4D, Tf } from './params.ts';

export type ModelSpec = {
  net: NetName;
  input: InputSpec;
  classes: number;
  heads: readonly HeadName[];
  /** What an objective brings beside net and heads: a second network, an LSTM's gates. */
  own?: readonly ParamSpec[];
  /** Beginnings of the names of what keeps its received numbers: neither trained nor sent. */
  frozen?: readonly string[];
  /** Beginnings of the names of what each volunteer trains for itself alone: never sent. */
  unsent?: readonly string[];
};

/** A network with its heads: the layout both sides agree on, and pure functions of the parameters. */
export type Model = {
  spec: ModelSpec;
  net: Net;
  features: number;
  layout: Layout;
  /** What a step may move, in the layout's order. */
  trained: readonly string[];
  /** What a delta is of: all that is trained, but for what a volunteer keeps to itself. */
  sent: Part;
  /** [batch, size, size, channels] -> [batch, features] */
  embed(tf: Tf, params: Params, x: Tensor4D): Tensor2D;
  /** [batch, features] -> [batch, outputs] of the named head */
  head(tf: Tf, name: HeadName, params: Params, z: Tensor2D): Tensor2D;
  /** [batch, size, size, channels] -> [batch, classes], before the softmax */
  logits(tf: Tf, params: Params, x: Tensor4D): Tensor2D;
};

/**
 * @throws when the network cannot read the images, there are fewer than two classes, a frozen
 *   beginning is no parameter's, or nothing is left to train.
 */
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
  const heads = spec.heads.flatMap((name) => HEADS[name].specs({ ...spec, features }));
  const layout = layoutOf([...net.specs(spec.input), ...heads, ...(spec.own ?? [])]);
  const names = layout.entries.map(({ name }) => name);
  const trained = names.filter((name) => !begins(spec.frozen, name));
  for (const prefix of spec.frozen ?? [])
    if (!names.some((name) => name.startsWith(prefix)))
      throw new Error(
        `model: no parameter begins with "${prefix}"; there are ${names.slice(0, 8).join(', ')}, ...`,
      );
  const sent = partOf(layout, (name) => trained.includes(name) && !begins(spec.unsent, name));
  const embed: Model['embed'] = (tf, params, x) => net.embed(tf, params, x);
  const head: Model['head'] = (tf, name, params, z) => HEADS[name].apply(tf, params, z);
  const logits: Model['logits'] = (tf, params, x) => head(tf, 'cls', params, embed(tf, params, x));
  return { spec, net, features, layout, trained, sent, embed, head, logits };
}

function begins(prefixes: readonly string[] | undefined, name: string): boolean {
  return prefixes?.some((prefix) => name.startsWith(prefix)) ?? false;
}
