import type { Model } from '../model.ts';
import type { Params, Tensor4D, Tf } from '../params.ts';
import { Graph, type Symbol } from './graph.ts';

/** How many images there are is not known before the graph runs. */
const BATCH = -1;

/** What a graph is fed with, and what it answers. */
export const INPUT = 'images';
export const OUTPUTS = { embedding: 'embedding', logits: 'logits' } as const;

/**
 * Writes a network down as a TensorFlow graph by running it once on a tf that only takes notes:
 * networks are pure functions of the tf that they are handed, so nothing is written twice.
 * Answers [batch, features] as POST .../embed does, and [batch, classes] before the softmax.
 * @throws when the network calls what has no counterpart here
 */
export function traceModel(model: Model): Graph {
  const graph = new Graph();
  const { size, channels } = model.spec.input;
  const tf = recorder(graph);
  const weights = model.layout.entries.map(
    ({ name, shape }) => [name, graph.weight(name, shape)] as const,
  );
  const params = Object.fromEntries(weights) as unknown as Params;
  const x = graph.placeholder(INPUT, [BATCH, size, size, channels]) as unknown as Tensor4D;
  const z = model.embed(tf, params, x);
  graph.output(OUTPUTS.embedding, z as unknown as Symbol);
  graph.output(OUTPUTS.logits, model.head(tf, 'cls', params, z) as unknown as Symbol);
  return graph;
}

/** Those of tfjs's functions that networks are made of. @throws by name at any other. */
function recorder(graph: Graph): Tf {
  const operations = {
    ...arithmetic(graph),
    ...spatial(graph),
    ...reductions(graph),
    // No fused kernel of ours: the graph must run where only stock tfjs is.
    getBackend: () => 'graph',
    getKernel: () => undefined,
  };
  return new Proxy(operations, {
    get(known, name) {
      if (!Object.hasOwn(known, name))
        throw new Error(`trace: tf.${String(name)} has no counterpart in a graph`);
      return known[name as keyof typeof known];
    },
  }) as unknown as Tf;
}

type Value = Symbol | number;

function arithmetic(graph: Graph) {
  const symbol = (value: Value) =>
    typeof value === 'number' ? graph.constant('float32', [], [value]) : value;
  const binary = (op: string) => (a: Value, b: Value) => {
    const [left, right] = [symbol(a), symbol(b)];
    return graph.operation(op, [left, right], broadcast(left.shape, right.shape));
  };
  const unary = (op: string) => (x: Symbol) => graph.operation(op, [x], x.shape);
  return {
    ...{ add: binary('AddV2'), sub: binary('Sub'), mul: binary('Mul'), div: binary('RealDiv') },
    ...{ square: unary('Square'), sqrt: unary('Sqrt'), rsqrt: unary('Rsqrt'), relu: unary('Relu') },
    matMul: (a: Symbol, b: Symbol) =>
      graph.operation('MatMul', [a, b], [a.shape[0]!, b.shape[1]!], {
        ...{ transpose_a: { b: false }, transpose_b: { b: false } },
      }),
  };
}

type Padding = 'same' | 'valid';

function spatial(graph: Graph) {
  const window = (strides: number, padding: Padding) => ({
    strides: { list: { i: [1, strides, strides, 1].map(String) } },
    ...{ padding: text(padding.toUpperCase()), data_format: text('NHWC') },
  });
  const convolution = (
    op: string,
    x: Symbol,
    filter: Symbol,
    outputs: number,
    strides: number,
    padding: Padding,
  ) => {
    const [batch, height, width] = x.shape;
    const to = (from: number) => slid(from, filter.shape[0]!, strides, padding);
    const dilations = { list: { i: ['1', '1', '1', '1'] } };
    const attr = { ...window(strides, padding), dilations, explicit_paddings: { list: { i: [] } } };
    return graph.operation(op, [x, filter], [batch!, to(height!), to(width!), outputs], attr);
  };
  return {
    conv2d: (x: Symbol, filter: Symbol, strides: number, padding: Padding) =>
      convolution('Conv2D', x, filter, filter.shape[3]!, strides, padding),
    depthwiseConv2d: (x: Symbol, filter: Symbol, strides: number, padding: Padding) => {
      const outputs = filter.shape[2]! * filter.shape[3]!;
      return convolution('DepthwiseConv2dNative', x, filter, outputs, strides, padding);
    },
    maxPool(x: Symbol, side: number, strides: number, padding: Padding) {
      const [batch, height, width, channels] = x.shape;
      const to = (from: number) => slid(from, side, strides, padding);
      const shape = [batch!, to(height!), to(width!), channels!];
      const ksize = { list: { i: [1, side, side, 1].map(String) } };
      const attr = { ...window(strides, padding), ksize, explicit_paddings: { list: { i: [] } } };
      return graph.operation('MaxPool', [x], shape, attr);
    },
    reshape(x: Symbol, wanted: readonly number[]) {
      const each = x.shape.slice(1).reduce((a, b) => a * b, 1);
      const [batch, ...rest] = wanted;
      const named = rest.filter((side) => side !== -1).reduce((a, b) => a * b, 1);
      const shape = [batch!, ...rest.map((side) => (side === -1 ? each / named : side))];
      if (batch !== BATCH) throw new Error(`trace: a reshape to [${wanted}] mixes images`);
      return graph.operation('Reshape', [x, graph.constant('int32', [shape.length], shape)], shape);
    },
  };
}

function reductions(graph: Graph) {
  const reduce =
    (op: string) =>
    (x: Symbol, axis: number | number[], keep = false) => {
      const axes = [axis].flat().map((one) => (one < 0 ? one + x.shape.length : one));
      const shape = x.shape.flatMap((side, i) => (axes.includes(i) ? (keep ? [1] : []) : [side]));
      const along = graph.constant('int32', [axes.length], axes);
      return graph.operation(op, [x, along], shape, { keep_dims: { b: keep } });
    };
  return { mean: reduce('Mean'), sum: reduce('Sum') };
}

/** Length of a side after a sliding window, as TensorFlow counts it. */
function slid(from: number, side: number, strides: number, padding: Padding): number {
  return Math.ceil((padding === 'same' ? from : from - side + 1) / strides);
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const shift = long.length - short.length;
  return long.map((side, i) => (side === 1 ? (short[i - shift] ?? 1) : side));
}

/** Strings are bytes in a NodeDef, base64 in its JSON. */
function text(value: string) {
  return { s: btoa(value) };
}
