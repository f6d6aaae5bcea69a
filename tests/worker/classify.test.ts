/** What an app asks about images, one and many, in every form, in a real workerd. */
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { EMBEDDING_TYPE, TENSOR_TYPE } from '../../shared/api/media.ts';
import type { Route } from '../../shared/api/route.ts';
import { ROUTES, type ReplyOf, type RouteName } from '../../shared/api/routes.ts';
import { watchMemory } from '../bench/memory.ts';
import { useEdge } from '../kit/edge.ts';
import { bombs } from '../kit/png.ts';
import { liveToyProject } from '../kit/project.ts';
import { ask, type Answered, type Ask } from '../kit/request.ts';
import { asFile, asPixels, asTensor, BASE_SHAPES, drawings } from '../kit/shapes.ts';

const edge = useEdge();
const project = 'reef';
const params = { project };
const HEADS = ['prototype', 'nearest-mean', 'matching'] as const;

beforeAll(async () => {
  await liveToyProject(edge.current, project);
  await add(project, 'ring');
}, 120_000);

const add = (id: string, name: 'ring' | 'corner') =>
  edge.current.admin.call('addClass', {
    params: { project: id },
    json: { name, examples: drawings(name, 5, 3).map(asPixels) },
  });

/** A success is what the table promises, status and schema. */
async function succeed<N extends RouteName>(name: N, options: Ask): Promise<ReplyOf<N>> {
  const token = edge.current.adminToken;
  const { status, text } = await ask(edge.current.origin, name, { token, params, ...options });
  const { reply }: Route = ROUTES[name];
  expect([status, text]).toEqual([reply.status, expect.anything()]);
  const value: unknown = JSON.parse(text);
  expect(v.safeParse(reply.json!, value).issues ?? []).toEqual([]);
  return value as ReplyOf<N>;
}

const refuse = (name: RouteName, options: Ask): Promise<Answered> =>
  ask(edge.current.origin, name, { token: edge.current.adminToken, params, ...options });

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const [disc] = drawings('disc', 1, 9) as [Uint8Array];
const ALL = [...BASE_SHAPES, 'ring'] as const;
const drawn = (shape: (typeof ALL)[number], seed = 7) => drawings(shape, 1, seed)[0]!;
const tensor = (drawing: Uint8Array): Ask => ({ body: asTensor(drawing), type: TENSOR_TYPE });

type Classes = { name: string; probability: number; similarity: number }[];
type Said = { label: string; classes: Classes };

/** The same verdict, up to the rounding of another way to the same numbers. */
function expectSame(got: Said, expected: Said, digits = 4) {
  expect(got.label).toBe(expected.label);
  expect(got.classes.map(({ name }) => name)).toEqual(expected.classes.map(({ name }) => name));
  got.classes.forEach(({ probability, similarity }, i) => {
    expect(probability).toBeCloseTo(expected.classes[i]!.probability, digits);
    expect(similarity).toBeCloseTo(expected.classes[i]!.similarity, digits);
  });
}

/** A form with a file an image, as `curl -F` or a page would send it. */
async function form(files: readonly (Uint8Array | string)[]): Promise<Ask> {
  const data = new FormData();
  files.forEach((file, i) => {
    if (typeof file === 'string') data.append(`field ${i}`, file);
    else data.append('images', new Blob([file as BlobPart]), `${i}.png`);
  });
  const request = new Request('http://form.test', { method: 'POST', body: data });
  const body = new Uint8Array(await request.arrayBuffer());
  return { body, type: request.headers.get('content-type')! };
}

describe('one image', () => {
  test('is the same image as a file, in JSON, and as the pixels that the network reads', async () => {
    const file = await asFile(disc, 'png');
    const asked = await succeed('classify', { body: file, type: 'image/png' });
    expectSame(await succeed('classify', { json: { image: base64(file) } }), asked);
    const read = await succeed('classify', tensor(disc));
    expectSame(await succeed('classify', { json: asPixels(disc) }), read);
    expect(read.label).toBe('disc');
  });

  test('is answered from its embedding as from itself, in either form', async () => {
    const expected = await succeed('classify', tensor(drawn('ring')));
    const { embedding, version } = await succeed('embed', tensor(drawn('ring')));
    const query = `?version=${version}`;
    expectSame(await succeed('classify', { query, json: { embedding } }), expected);
    const body = new Uint8Array(Float32Array.from(embedding).buffer);
    expectSame(await succeed('classify', { query, body, type: EMBEDDING_TYPE }), expected);
    expect(expected.label).toBe('ring');
  });

  test('is explained by the examples that it is most like', async () => {
    const [example] = drawings('ring', 5, 3);
    const answer = await succeed('classify', { ...tensor(example!), query: '?explain=4&top=2' });
    expect(answer.nearest).toHaveLength(4);
    expect(answer.nearest![0]).toEqual({
      ...{ name: 'ring', example: 0, similarity: expect.closeTo(1, 4) },
    });
    const similarities = answer.nearest!.map(({ similarity }) => similarity);
    expect(similarities).toEqual(similarities.toSorted((a, b) => b - a));
    const listed = answer.classes.map(({ name }) => name);
    for (const { name } of answer.nearest!) expect(listed).toContain(name);
    expect((await succeed('classify', tensor(example!))).nearest).toBeUndefined();
  });
});

describe('many images', () => {
  test('of a form, of JSON, of one tensor are answered in their order, as each alone', async () => {
    const files = await Promise.all(ALL.map((shape) => asFile(drawn(shape), 'png')));
    const alone = await Promise.all(
      files.map((body) => succeed('classify', { body, type: 'image/png' })),
    );
    const asForm = await succeed('classifyBatch', await form(files));
    const images = files.map((file) => ({ image: base64(file) }));
    const asJson = await succeed('classifyBatch', { json: { images } });
    for (const { answers, version, revision } of [asForm, asJson]) {
      expect([version, revision]).toEqual([alone[0]!.version, alone[0]!.revision]);
      expect(answers).toHaveLength(ALL.length);
      answers.forEach((verdict, i) => expectSame(verdict, alone[i]!));
    }
    const body = Buffer.concat(ALL.map((shape) => asTensor(drawn(shape))));
    const asTensors = await succeed('classifyBatch', { body, type: TENSOR_TYPE });
    const right = asTensors.answers.filter(({ classes }, i) => classes[0]!.name === ALL[i]);
    expect(right.length).toBeGreaterThanOrEqual(ALL.length - 1);
  });

  test('may be embeddings, and as many as a batch holds', async () => {
    const body = Buffer.concat(Array.from({ length: 64 }, (_, i) => asTensor(drawn('cross', i))));
    const expected = await succeed('classifyBatch', { body, type: TENSOR_TYPE });
    const { embeddings, version } = await succeed('embedBatch', { body, type: TENSOR_TYPE });
    const query = `?version=${version}&explain=1`;
    const inJson = await succeed('classifyBatch', { query, json: { embeddings } });
    const bytes = new Uint8Array(Float32Array.from(embeddings.flat()).buffer);
    const raw = await succeed('classifyBatch', { query, body: bytes, type: EMBEDDING_TYPE });
    for (const { answers } of [inJson, raw]) {
      expect(answers).toHaveLength(64);
      answers.forEach((verdict, i) => expectSame(verdict, expected.answers[i]!));
      for (const { nearest, classes } of answers)
        expect(classes.map(({ name }) => name)).toContain(nearest![0]!.name);
    }
    const more = { query, json: { embeddings: [...embeddings, embeddings[0]] } };
    expect((await refuse('classifyBatch', more)).problem).toMatchObject({ code: 506 });
  });

  test('a bad one is named, and none is answered', async () => {
    const good = await asFile(disc, 'png');
    const files = [good, new Uint8Array(9).fill(7), good];
    const refused = [
      await refuse('classifyBatch', await form(files)),
      await refuse('embedBatch', {
        json: { images: files.map((file) => ({ image: base64(file) })) },
      }),
    ];
    for (const { status, problem } of refused) {
      expect([status, problem.code, problem.index]).toEqual([422, 501, 1]);
      expect(problem.detail).toMatch(/^image 1: /);
    }
  });

  test('506: more than 64 are refused, however they come', async () => {
    const images = Array.from({ length: 65 }, () => asPixels(disc));
    const body = Buffer.concat(images.map(() => asTensor(disc)));
    const asked: Ask[] = [
      { json: { images } },
      { body, type: TENSOR_TYPE },
      await form(images.map(() => disc)),
    ];
    for (const options of asked)
      for (const name of ['classifyBatch', 'embedBatch'] as const)
        expect((await refuse(name, options)).problem).toMatchObject({ code: 506 });
  });

  test('101: a form that is cut off, of text, or empty is refused', async () => {
    const whole = await form([disc]);
    const cut = { ...whole, body: (whole.body as Uint8Array).slice(0, -30) };
    const none = { type: 'multipart/form-data', body: 'x' };
    for (const options of [cut, none, await form(['text']), await form([])])
      expect((await refuse('classifyBatch', options)).problem).toMatchObject({ code: 101 });
  });
});

test.runIf(process.platform === 'linux')('bombs cost the edge next to nothing', async () => {
  const watched = watchMemory(edge.current.pid())!;
  for (const body of Object.values(bombs())) {
    const { status } = await refuse('classify', { body, type: 'image/png' });
    expect([200, 422]).toContain(status);
  }
  expect(watched.stop() - watched.idleMb).toBeLessThan(64);
});

describe('an embedding', () => {
  test('is the same in JSON and as raw numbers, with its version and revision', async () => {
    const json = await succeed('embed', tensor(disc));
    const token = edge.current.adminToken;
    const response = await fetch(`${edge.current.origin}/v1/projects/${project}/embed`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': TENSOR_TYPE,
        accept: EMBEDDING_TYPE,
      },
      body: asTensor(disc) as BodyInit,
    });
    expect(response.headers.get('content-type')).toBe(EMBEDDING_TYPE);
    expect(response.headers.get('x-shoal-version')).toBe(String(json.version));
    expect(response.headers.get('x-shoal-revision')).toBe(String(json.revision));
    expect([...new Float32Array(await response.arrayBuffer())]).toEqual(json.embedding);
  });

  test('505: of another version is refused, and without one there is no telling', async () => {
    const { embedding, version } = await succeed('embed', tensor(disc));
    const old = await refuse('classify', { query: `?version=${version + 1}`, json: { embedding } });
    expect(old.problem).toMatchObject({ code: 505 });
    expect(old.problem.detail).toMatch(/version 2 .* version 1 is live/);
    const unsaid = await refuse('classify', { json: { embedding } });
    expect(unsaid.problem).toMatchObject({ code: 101 });
    expect(unsaid.problem.detail).toMatch(/^version: /);
  });

  test('504: that is none is refused', async () => {
    const { embedding } = await succeed('embed', tensor(disc));
    const few = embedding.slice(1);
    const bad: unknown[] = [few, [], embedding.map(() => 0), embedding.map(() => 1e38)];
    const query = '?version=1';
    for (const numbers of bad)
      expect(
        (await refuse('classify', { query, json: { embedding: numbers } })).problem,
      ).toMatchObject({ code: 504 });
    const ragged = { embeddings: [few, [...embedding, 1]] };
    const odd = { body: new Uint8Array(7), type: EMBEDDING_TYPE };
    const nan = new Uint8Array(Float32Array.from(embedding).fill(Number.NaN).buffer);
    const refused = [
      await refuse('classifyBatch', { query, json: ragged }),
      await refuse('classify', { query, ...odd }),
      await refuse('classify', { query, body: nan, type: EMBEDDING_TYPE }),
      await refuse('classify', { query, json: { embedding: [...embedding, ...embedding] } }),
    ];
    for (const { problem } of refused) expect(problem).toMatchObject({ code: 504 });
  });
});

test('503: a tensor of two images is not one image', async () => {
  const body = Buffer.concat([asTensor(disc), asTensor(disc)]);
  for (const name of ['classify', 'embed'] as const)
    expect((await refuse(name, { body, type: TENSOR_TYPE })).problem).toMatchObject({ code: 503 });
});

describe.each(HEADS)('a project with the head %s', (head) => {
  test('knows its own classes and one that was added', async () => {
    const id = `by-${head}`;
    await liveToyProject(edge.current, id, { head });
    await add(id, 'corner');
    for (const shape of [...BASE_SHAPES, 'corner'] as const) {
      const [drawing] = drawings(shape, 1, 11);
      const answer = await succeed('classify', { ...tensor(drawing!), params: { project: id } });
      expect(answer.classes[0]!.name).toBe(shape);
      for (const { similarity } of answer.classes)
        expect(Math.abs(similarity)).toBeLessThan(1 + 1e-5);
    }
  });
});

describe('a version is made with its card', () => {
  test('nothing strange may come in: a threshold that calls nearly everything unknown', async () => {
    await liveToyProject(edge.current, 'strict', { answers: { falseAccept: 0 } });
    const answers = await Promise.all(
      drawings('corner', 5, 5).map((drawing) =>
        succeed('classify', { ...tensor(drawing), params: { project: 'strict' } }),
      ),
    );
    expect(answers.map(({ unknown }) => unknown)).toContain(true);
    await liveToyProject(edge.current, 'trusting', { answers: { falseAccept: 1 } });
    for (const drawing of drawings('corner', 5, 5)) {
      const options = { ...tensor(drawing), params: { project: 'trusting' } };
      expect((await succeed('classify', options)).unknown).toBe(false);
    }
  });
});
