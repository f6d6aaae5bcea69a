/** As many classes as a project may have, and not one more. */
import { beforeAll, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { MOST_CLASSES } from '../../worker/registry/classes.ts';
import { START_MS, useEdge } from '../kit/edge.ts';
import { liveToyProject } from '../kit/project.ts';
import { asPixels, asTensor, BASE_SHAPES, draw } from '../kit/shapes.ts';

const edge = useEdge();
const params = { project: 'reef' };
const EACH = 200;
const random = new Random(8);
const drawn = Array.from({ length: MOST_CLASSES - BASE_SHAPES.length }, () => draw('ring', random));

const add = (names: readonly string[], drawings: readonly Uint8Array[]) =>
  edge.current.admin.call('addClasses', {
    params,
    json: { classes: names.map((name, i) => ({ name, examples: [asPixels(drawings[i]!)] })) },
  });

beforeAll(async () => {
  await liveToyProject(edge.current, 'reef');
  for (let from = 0; from < drawn.length; from += EACH) {
    const some = drawn.slice(from, from + EACH);
    await add(
      some.map((_, i) => `class ${from + i}`),
      some,
    );
  }
}, START_MS);

test('10,000 classes are listed, and searched exactly', async () => {
  expect(await edge.current.anyone.call('listClasses', { params })).toHaveLength(MOST_CLASSES);
  for (const place of [0, 4321, drawn.length - 1]) {
    const answer = await edge.current.admin.call('classify', {
      params,
      ...{ bytes: asTensor(drawn[place]!), type: 'application/x-tensor', query: { top: 100 } },
    });
    const own = answer.classes.find(({ name }) => name === `class ${place}`);
    expect(own?.similarity).toBeGreaterThan(0.9999);
  }
});

test('605: one more is refused, until another is gone', async () => {
  await expect(add(['more'], drawn)).rejects.toMatchObject({ code: 605 });
  await edge.current.admin.call('removeClass', { params: { ...params, class: 'class 7' } });
  await expect(add(['more', 'and more'], drawn)).rejects.toMatchObject({ code: 605 });
  await add(['more'], drawn);
  const json = { name: 'one more', examples: [asPixels(drawn[0]!)] };
  const one = edge.current.admin.call('addClass', { params, json });
  await expect(one).rejects.toMatchObject({ code: 605 });
});
