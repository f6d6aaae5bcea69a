import * as v from 'valibot';
import { expect, test } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import { initialise, unflatten, dispose } from '../../shared/nn/params.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { deepCluster } from '../../shared/objectives/cluster/deep-cluster.ts';
import { makeView } from '../../shared/train/loader.ts';
import { tf } from '../kit/backends.ts';
import { SMALL, smallModel, stripes } from '../train/stripes.ts';

type State = { of: Int32Array; members: number[][] };

async function begun(data: LocalData, settings: object): Promise<State> {
  const model = smallModel('cluster');
  const random = new Random(1);
  const params = unflatten(tf, model.layout, initialise(model.layout, random));
  const state = await deepCluster.begin({
    ...{ tf, model, params, data, random, config: v.parse(deepCluster.config, settings) },
    view: (name, rows) => makeView(tf, data, SMALL, name, rows, random),
  });
  dispose(params);
  return state as State;
}

test('a batch is drawn equally from every cluster, however large it is', () => {
  const of = Int32Array.from(range(100), (row) => (row < 90 ? 0 : row < 99 ? 1 : 2));
  const members = range(3).map((cluster) => range(100).filter((row) => of[row] === cluster));
  const drawn = deepCluster.draw!({
    ...{ state: { of, members }, data: stripes(1, 1), config: {}, rows: range(100) },
    ...{ batch: 3000, random: new Random(2) },
  });
  for (const cluster of range(3))
    expect(drawn.filter((row) => of[row] === cluster).length / 3000).toBeCloseTo(1 / 3, 1);
});

test('no cluster is empty where all images are one', async () => {
  const one = stripes(1, 1).images;
  const images = Float32Array.from({ length: 24 * one.length }, (_, i) => one[i % one.length]!);
  const { members } = await begun({ images, count: 24 }, { clusters: 6 });
  expect(members).toHaveLength(6);
  expect(Math.min(...members.map((rows) => rows.length))).toBeGreaterThan(0);
});

test('one image alone, which would be one cluster, has nothing to teach', async () => {
  const data = { images: stripes(1, 1).images, count: 1 };
  const state = await begun(data, {});
  expect(deepCluster.rows(state, data)).toEqual([]);
});

test('its head stays with the volunteer', () => {
  expect(deepCluster.unsent).toEqual(['head/cluster/']);
});
