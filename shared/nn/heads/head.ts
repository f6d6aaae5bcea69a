import type { ParamSpec } from '../../weights/layout.ts';
import type { InputSpec } from '../net.ts';
import type { Params, Tensor2D, Tf } from '../params.ts';

/** What a head hangs on: the embedding's length, the base classes, and the images behind them. */
export type HeadShape = { features: number; classes: number; input: InputSpec };

/** A head: what hangs on the embedding. Its parameters are named `head/<name>/...`. */
export type Head = {
  title: string;
  specs(shape: HeadShape): ParamSpec[];
  /** [batch, features] -> [batch, outputs] */
  apply(tf: Tf, params: Params, z: Tensor2D): Tensor2D;
};
