/** A network written down as a tfjs graph model: stock tfjs, without our code, says the same of images. */
import * as stock from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { graphModel, readGraphModel } from '../../shared/nn/graph/graph-model.ts';
import { NETS, type NetName } from '../../shared/nn/index.ts';
import { createModel } from '../../shared/nn/model.ts';
import type { Params, Tensor2D, Tensor4D, Tf } from '../../shared/nn/params.ts';
import { createEncoder } from '../../worker/classify/encoder.ts';
import { tf } from '../kit/backends.ts';
import { farthest } from '../kit/volunteer.ts';

const bytesOf = (numbers: Float32Array) => new Uint8Array(numbers.buffer);

/** Every parameter drawn, also those that start as a constant. */
function toyModel(net: NetName, input = { size: 20, channels: 3 }) {
  const model = createModel({ net, input, classes: 5, heads: ['cls', 'proj'] });
  const random = new Random(7);
  const weights = Float32Array.from({ length: model.layout.size }, () => 0.1 * random.normal());
  return { model, weights };
}

async function loaded(json: Record<string, unknown>, parts: Uint8Array[]) {
  const manifest = json['weightsManifest'] as { weights: stock.io.WeightsManifestEntry[] }[];
  return stock.loadGraphModel(
    stock.io.fromMemory({
      modelTopology: json['modelTopology'] as object,
      signature: json['signature'] as object,
      userDefinedMetadata: json['userDefinedMetadata'] as object,
      weightSpecs: manifest.flatMap(({ weights }) => weights),
      weightData: Uint8Array.from(Buffer.concat(parts)).buffer,
    }),
  );
}

describe.each(Object.keys(NETS) as NetName[])('%s', (net) => {
  const { model, weights } = toyModel(net);
  const { json, constants } = graphModel(model, { name: 'toy' });
  const { size, channels } = model.spec.input;

  test.each([1, 7])('embeds and judges %i images as here, to 1e-5', async (count) => {
    const random = new Random(count);
    const each = size * size * channels;
    const images = Float32Array.from({ length: count * each }, () => random.next());
    await tf.setBackend('wasm');
    const encoder = createEncoder(tf, model, weights);
    const ours = await encoder.infer(images, count);
    encoder.dispose();

    await stock.setBackend('cpu');
    const graph = await loaded(json, [bytesOf(weights), constants]);
    const x = stock.tensor4d(images, [count, size, size, channels]);
    const made = graph.predict(x) as stock.Tensor[];
    expect(made.map(({ shape }) => shape)).toEqual([
      [count, model.features],
      [count, 5],
    ]);
    const [embeddings, logits] = made.map((one) => one.dataSync() as Float32Array) as [
      Float32Array,
      Float32Array,
    ];
    const expected = ours.embeddings.map(
      (v, i) => v * ours.lengths[Math.floor(i / model.features)]!,
    );
    expect(farthest(embeddings, expected)).toBeLessThan(1e-5);
    expect(farthest(logits, ours.logits)).toBeLessThan(1e-5);
    expect(logits.reduce((top, one) => Math.max(top, Math.abs(one)), 0)).toBeGreaterThan(0.01);
    expect((graph.metadata as { name: string }).name).toBe('toy');
    graph.dispose();
    stock.dispose([x, ...made]);
  });

  test('is asked for its outputs by name, and says what it reads', async () => {
    const graph = await loaded(json, [bytesOf(weights), constants]);
    expect(graph.inputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['images', [-1, size, size, channels]],
    ]);
    expect(graph.outputs.map(({ name }) => name).sort()).toEqual(['embedding', 'logits']);
    graph.dispose();
  });
});

describe('an export that is read again', () => {
  const { model, weights } = toyModel('strided');
  const { json, constants } = graphModel(model, {});
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const files = (change: Partial<Record<string, Uint8Array>> = {}) =>
    new Map(
      Object.entries({
        'model.json': text(json),
        'weights.bin': bytesOf(weights),
        'constants.bin': constants,
        ...change,
      }).flatMap(([name, bytes]) => (bytes ? [[name, bytes] as const] : [])),
    );
  const read = (change?: Parameters<typeof files>[0]) =>
    readGraphModel(files(change), model.layout).weights;
  const manifest = (change: (weight: Record<string, unknown>) => void) => {
    const copy = structuredClone(json);
    const [group] = copy['weightsManifest'] as { weights: Record<string, unknown>[] }[];
    change(group!.weights[0]!);
    return { 'model.json': text(copy) };
  };

  test('has the same weights, to the last bit', () => {
    expect(Buffer.from(bytesOf(read()))).toEqual(Buffer.from(bytesOf(weights)));
  });

  test('has them too when the groups and the weights stand in another order', () => {
    const copy = structuredClone(json);
    const groups = copy['weightsManifest'] as { weights: { shape: number[] }[] }[];
    groups.reverse();
    const reversed = groups[1]!.weights.reverse();
    expect(reversed).toHaveLength(model.layout.entries.length);
    const parts = model.layout.entries.map(({ offset, size }) =>
      bytesOf(weights.slice(offset, offset + size)),
    );
    const moved = Uint8Array.from(Buffer.concat(parts.reverse()));
    expect(read({ 'model.json': text(copy), 'weights.bin': moved })).toEqual(weights);
  });

  test.each([
    ['no model.json', 707, { 'model.json': undefined }],
    ['no weights', 707, { 'weights.bin': undefined }],
    ['weights that are cut off', 707, { 'weights.bin': bytesOf(weights).slice(4) }],
    ['a model.json that is none', 707, { 'model.json': text('model').slice(1) }],
    ['a model.json of null', 707, { 'model.json': text(null) }],
    ['a manifest that is none', 707, { 'model.json': text({ weightsManifest: [{}] }) }],
    ['another name', 708, manifest((one) => (one['name'] = 'other'))],
    ['quantised weights', 708, manifest((one) => (one['quantization'] = { dtype: 'uint8' }))],
    ['another type', 708, manifest((one) => (one['dtype'] = 'int32'))],
    ['a number that is none', 710, { 'weights.bin': bytesOf(weights.map(() => Number.NaN)) }],
  ])('is refused with %s: %i', (_, code, change) => {
    expect(() => read(change)).toThrow(expect.objectContaining({ code }) as Error);
  });
});

test('a network that calls what a graph has not is refused by the name of it', () => {
  const { model } = toyModel('strided');
  const odd = {
    ...model,
    embed: (t: Tf, _: Params, x: Tensor4D) => t.softmax(x) as unknown as Tensor2D,
  };
  expect(() => graphModel(odd, {})).toThrow('tf.softmax has no counterpart');
});
