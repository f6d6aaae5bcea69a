/** Versions as files: out, checked by whoever gets them, and in again. */
import { createHash } from 'node:crypto';
import * as stock from '@tensorflow/tfjs';
import { unzipSync, zipSync } from 'fflate';
import { beforeAll, describe, expect, test } from 'vitest';
import { SAFETENSORS_TYPE, ZIP_TYPE } from '../../shared/api/media.ts';
import type { RouteName } from '../../shared/api/routes.ts';
import { useEdge } from '../kit/edge.ts';
import { liveToyProject, weightsOf } from '../kit/project.ts';
import { importFile, versionNumbered } from '../kit/registry.ts';
import { asTensor, drawings, SIDE } from '../kit/shapes.ts';
import { farthest } from '../kit/volunteer.ts';

const edge = useEdge();
const project = 'reef';
const params = { project, version: '1' };
let hash: string;

beforeAll(async () => {
  hash = (await liveToyProject(edge.current, project)).project.live!.weights;
});

type Export = Extract<RouteName, `export${string}`>;

async function exported(name: Export): Promise<{ bytes: Uint8Array; headers: Headers }> {
  const headers = { 'accept-encoding': 'identity' };
  const response = await edge.current.anyone.fetch(name, { params, headers });
  return { bytes: new Uint8Array(await response.arrayBuffer()), headers: response.headers };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

describe('what is published', () => {
  test.each<Export>([
    'exportSafetensors',
    'exportZip',
    'exportGraph',
    'exportGraphWeights',
    'exportGraphConstants',
  ])('%s: has its digest beside it, and is the same each time', async (name) => {
    const { bytes, headers } = await exported(name);
    expect(headers.get('repr-digest')).toBe(`sha-256=:${sha256(bytes).toString('base64')}:`);
    expect(headers.get('etag')).toBe(`"${sha256(bytes).toString('hex')}"`);
    expect(headers.get('content-length')).toBe(String(bytes.length));
    expect(Buffer.from((await exported(name)).bytes).equals(bytes)).toBe(true);
  });

  test('weights verify by their own hash, wherever they are from', async () => {
    expect(sha256((await exported('exportGraphWeights')).bytes).toString('hex')).toBe(hash);
    const zip = unzipSync((await exported('exportZip')).bytes);
    expect(sha256(zip['weights.bin']!).toString('hex')).toBe(hash);
    const file = Buffer.from((await exported('exportSafetensors')).bytes);
    const start = 8 + Number(file.readBigUInt64LE(0));
    expect(sha256(file.subarray(start)).toString('hex')).toBe(hash);
    const { __metadata__: metadata } = JSON.parse(file.subarray(8, start).toString());
    expect(metadata).toMatchObject({
      weights: hash,
      format: 'shoal',
      number: '1',
      origin: 'round',
    });
    expect(JSON.parse(metadata.plan)).toMatchObject({ net: 'strided' });
  });
});

test('stock tfjs loads a version from its address and embeds as the edge does', async () => {
  await stock.setBackend('cpu');
  const address = `${edge.current.origin}/v1/projects/${project}/versions/1/tfjs/model.json`;
  const graph = await stock.loadGraphModel(address);
  expect(graph.metadata).toMatchObject({ weights: hash, metrics: { images: 24 } });
  for (const shape of ['disc', 'cross'] as const) {
    const [drawing] = drawings(shape, 1, 5);
    const x = stock.tensor4d(
      Float32Array.from(drawing!, (value) => value / 255),
      [1, SIDE, SIDE, 1],
    );
    const [embedding, logits] = graph.predict(x) as stock.Tensor[];
    const there = await edge.current.admin.call('embed', {
      params: { project },
      ...{ bytes: asTensor(drawing!), type: 'application/x-tensor' },
    });
    const here = (await embedding!.data()) as Float32Array;
    expect(farthest(here, Float32Array.from(there.embedding))).toBeLessThan(1e-4);
    const answer = await edge.current.anyone.call('classify', {
      params: { project },
      ...{ bytes: asTensor(drawing!), type: 'application/x-tensor' },
    });
    const best = (await logits!.argMax(1).data())[0]!;
    const { classes } = (await edge.current.anyone.call('getVersion', { params })).output;
    expect(classes[best]).toBe(answer.classes[0]!.name);
    stock.dispose([x, embedding!, logits!]);
  }
  graph.dispose();
});

describe('a file that is sent in', () => {
  test.each<[Export, string]>([
    ['exportSafetensors', SAFETENSORS_TYPE],
    ['exportZip', ZIP_TYPE],
  ])(
    'as %s gave it is a version with the same weights and the same metrics',
    async (name, type) => {
      const task = await importFile(edge.current, project, (await exported(name)).bytes, type);
      expect(task).toMatchObject({ kind: 'import', state: 'done', progress: 1, problem: null });
      // The second file has the weights of the first: it is no second version.
      expect(task.version).toBe(2);
      const [made, original] = [
        await edge.current.anyone.call('getVersion', { params: { project, version: '2' } }),
        await edge.current.anyone.call('getVersion', { params }),
      ];
      expect(made).toMatchObject({ origin: 'import', round: -2, weights: hash, parent: null });
      expect(made.metrics).toEqual(original.metrics);
      expect(made.calibration).toEqual(original.calibration);
    },
  );

  test('may live in another project of the same network', async () => {
    await liveToyProject(edge.current, 'atoll', { seed: 2 });
    const { bytes } = await exported('exportSafetensors');
    const { version } = await importFile(edge.current, 'atoll', bytes);
    expect(version).toBe(2);
    const there = await versionNumbered(edge.current, 'atoll', 2);
    const [a, b] = [hash, there.weights];
    expect(await weightsOf(edge.current.anyone, a)).toEqual(
      await weightsOf(edge.current.anyone, b),
    );
  });

  const refused = async (bytes: Uint8Array, type: string, query: Record<string, string> = {}) => {
    const options = { params: { project }, bytes, type, query };
    const before = await edge.current.anyone.call('listVersions', { params: { project } });
    const error: unknown = await edge.current.admin.call('importVersion', options).catch((e) => e);
    expect(await edge.current.anyone.call('listVersions', { params: { project } })).toEqual(before);
    return error;
  };

  test('709: is refused when its weights changed on their way', async () => {
    const { bytes } = await exported('exportSafetensors');
    const changed = bytes.slice();
    // The lowest bit of a mantissa: still a number, hardly another.
    changed[changed.length - 4]! ^= 1;
    expect(await refused(changed, SAFETENSORS_TYPE)).toMatchObject({ code: 709 });
    const other = { weights: '0'.repeat(64) };
    expect(await refused(bytes, SAFETENSORS_TYPE, other)).toMatchObject({ code: 709 });
  });

  test('707: is refused when it would unpack to more than any model has', async () => {
    const bomb = zipSync({ 'model.json': new Uint8Array(50_000_000) }, { level: 9 });
    expect(bomb.length).toBeLessThan(1_000_000);
    const error = await refused(bomb, ZIP_TYPE);
    expect(error).toMatchObject({ code: 707, message: expect.stringContaining('40000000') });
  });
});
