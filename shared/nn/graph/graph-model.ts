import { Problem } from '../../api/problem.ts';
import { gather, type NamedTensor } from '../../weights/gather.ts';
import type { Layout } from '../../weights/layout.ts';
import type { Model } from '../model.ts';
import type { Constant, Graph } from './graph.ts';
import { INPUT, OUTPUTS, traceModel } from './trace.ts';

/** The files of an export, as `tf.loadGraphModel` fetches them beside model.json. */
export const FILES = {
  model: 'model.json',
  /** The flat weights themselves: the file's SHA-256 is the version's hash. */
  weights: 'weights.bin',
  constants: 'constants.bin',
} as const;

type ManifestWeight = { name: string; shape: readonly number[]; dtype: string };
type Manifest = { paths: string[]; weights: ManifestWeight[] }[];

/**
 * A network as a tfjs graph model that stock `tf.loadGraphModel` runs, for any number of images:
 * [batch, size, size, channels] in [0, 1] -> `embedding` and `logits`, in this order.
 * @param metadata what is told of the model, as `userDefinedMetadata`
 */
export function graphModel(
  model: Model,
  metadata: Record<string, unknown>,
): { json: Record<string, unknown>; constants: Uint8Array } {
  const graph = traceModel(model);
  const weights = model.layout.entries.map(({ name, shape }) => ({
    ...{ name, shape, dtype: 'float32' },
  }));
  const constants = graph.constants.map(({ name, shape, dtype }) => ({ name, shape, dtype }));
  const weightsManifest: Manifest = [
    { paths: [FILES.weights], weights },
    { paths: [FILES.constants], weights: constants },
  ];
  const json = {
    ...{ format: 'graph-model', generatedBy: 'Shoal', convertedBy: 'Shoal' },
    ...{ signature: signatureOf(model), userDefinedMetadata: metadata },
    modelTopology: { node: graph.nodes, versions: { producer: 27 } },
    weightsManifest,
  };
  return { json, constants: bytesOf(graph) };
}

function signatureOf({ spec, features }: Model) {
  const { size, channels } = spec.input;
  const tensor = (name: string, shape: number[]) => ({
    name: `${name}:0`,
    dtype: 'DT_FLOAT',
    tensorShape: { dim: shape.map((side) => ({ size: String(side) })) },
  });
  return {
    inputs: { [INPUT]: tensor(INPUT, [-1, size, size, channels]) },
    outputs: {
      [OUTPUTS.embedding]: tensor(OUTPUTS.embedding, [-1, features]),
      [OUTPUTS.logits]: tensor(OUTPUTS.logits, [-1, spec.classes]),
    },
  };
}

function bytesOf({ constants }: Graph): Uint8Array {
  const parts = constants.map(({ dtype, data }: Constant) =>
    dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data),
  );
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteLength } of parts) {
    bytes.set(new Uint8Array(buffer), at);
    at += byteLength;
  }
  return bytes;
}

/**
 * The layout's weights out of an export: of ours, or of whatever names its weights alike.
 * @param files by name, as a zip holds them; model.json's manifest says which of them are weights
 * @throws Problem 707 when a file is missing or model.json is none, 708 and 710 as `gather` does.
 */
export function readGraphModel(
  files: ReadonlyMap<string, Uint8Array>,
  layout: Layout,
): { weights: Float32Array; metadata: Record<string, unknown> } {
  const model = files.get(FILES.model);
  if (!model) throw unreadable(`there is no ${FILES.model}`);
  const { weightsManifest, userDefinedMetadata } = parse(model);
  const wanted = new Set(layout.entries.map(({ name }) => name));
  const tensors = new Map<string, NamedTensor>();
  const parts: Uint8Array[] = [];
  let at = 0;
  let length = 0;
  for (const { paths, weights } of weightsManifest) {
    for (const path of paths) {
      const part = files.get(path);
      if (!part) throw unreadable(`the manifest names ${path}, which is not there`);
      parts.push(part);
      length += part.length;
    }
    for (const weight of weights) {
      const [from, to] = [at, (at += bytesIn(weight))];
      // The graph's own constants stand among them.
      if (wanted.has(weight.name)) tensors.set(weight.name, { ...weight, from, to });
    }
    if (at !== length) throw unreadable(`${length} bytes of numbers, the manifest names ${at}`);
  }
  return { weights: gather(layout, tensors, joined(parts)), metadata: userDefinedMetadata };
}

type ReadWeight = ManifestWeight & { quantization?: unknown };
type Read = {
  weightsManifest: { paths: string[]; weights: ReadWeight[] }[];
  userDefinedMetadata: Record<string, unknown>;
};

const BYTES: Record<string, number> = { float32: 4, int32: 4, bool: 1 };

function bytesIn({ name, shape, dtype, quantization }: ReadWeight): number {
  const each = quantization ? undefined : BYTES[dtype];
  if (each === undefined)
    throw new Problem(708, `"${name}" is ${quantization ? 'quantised' : dtype}, not float32`);
  return each * shape.reduce((a, b) => a * b, 1);
}

function parse(bytes: Uint8Array): Read {
  let value: Partial<Read> | null;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as typeof value;
  } catch (error) {
    throw unreadable(`${FILES.model} is no JSON`, error);
  }
  const { weightsManifest, userDefinedMetadata } = value ?? {};
  const isWeight = (one: Partial<ReadWeight> | null) =>
    typeof one?.name === 'string' &&
    typeof one.dtype === 'string' &&
    Array.isArray(one.shape) &&
    one.shape.every((side) => Number.isSafeInteger(side) && side >= 0);
  const isGroup = (one: Partial<Read['weightsManifest'][number]> | null) =>
    Array.isArray(one?.paths) &&
    one.paths.every((path) => typeof path === 'string') &&
    Array.isArray(one.weights) &&
    one.weights.every(isWeight);
  if (!Array.isArray(weightsManifest) || !weightsManifest.every(isGroup))
    throw unreadable(`${FILES.model} has no manifest of weights`);
  return { weightsManifest, userDefinedMetadata: userDefinedMetadata ?? {} };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function unreadable(why: string, cause?: unknown): Problem {
  return new Problem(707, `tfjs export: ${why}`, { cause });
}
