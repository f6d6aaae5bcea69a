/** The HTTP API as an admin and an app use it, in a real workerd. */
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Route } from '../../shared/api/route.ts';
import { ROUTES, type RouteName } from '../../shared/api/routes.ts';
import type { Answer } from '../../shared/api/schemas/answers.ts';
import type { ClassAdded } from '../../shared/api/schemas/classes.ts';
import type { NewProject, Project } from '../../shared/api/schemas/projects.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import { useEdge } from '../kit/edge.ts';
import { getProject, liveToyProject, newToyProject, weightsOf } from '../kit/project.ts';
import { ask, type Ask } from '../kit/request.ts';
import { asFile, asPixels, asTensor, BASE_SHAPES, drawings } from '../kit/shapes.ts';
import { arrivedVolunteers } from '../kit/volunteer.ts';

const edge = useEdge();
const project = 'reef';
const params = { project };

beforeAll(() => liveToyProject(edge.current, project, { round: { goal: 1 } }));

/** Calls a route as an admin; a success is what the table promises, status and schema. */
async function succeed<T>(name: RouteName, options: Ask = {}): Promise<T> {
  const { adminToken, origin } = edge.current;
  const { status, text } = await ask(origin, name, { token: adminToken, params, ...options });
  const { reply }: Route = ROUTES[name];
  expect([status, text]).toEqual([reply.status, expect.anything()]);
  const value: unknown = JSON.parse(text);
  expect(v.safeParse(reply.json!, value).issues ?? []).toEqual([]);
  return value as T;
}

const classify = (body: Uint8Array, type: string, query = '') =>
  succeed<Answer>('classify', { body, type, query });
const classifyDrawing = (drawing: Uint8Array) =>
  classify(asTensor(drawing), 'application/x-tensor');
const likeliest = ({ classes }: Answer) => classes[0]!.name;
const live = async () => (await getProject(edge.current.anyone, project)).project.live!;

describe('a project', () => {
  test('is answered as it was asked for, with every default of its plan', async () => {
    const { id, title, plan } = newToyProject('fresh');
    const asked: NewProject = {
      ...newToyProject('fresh'),
      plan: { ...plan, objective: undefined! },
    };
    const created = await succeed<Project>('createProject', { json: asked });
    expect(created).toMatchObject({ id, title, classes: BASE_SHAPES, description: '', live: null });
    expect(created.plan.objective.id).toBe('fixmatch');
    expect(created.plan.aggregation.combine).toBe('weighted-mean');
  });

  test('has its first version live once the server has learnt from the seed set', async () => {
    const { project: got, training } = await getProject(edge.current.anyone, project);
    const versions =
      await succeed<{ number: number; validationAccuracy: number }[]>('listVersions');
    expect(got.live).toMatchObject({ version: 1, revision: 1 });
    expect(training).toMatchObject({ phase: 'idle', round: 0, version: 1, notice: null });
    expect(versions).toMatchObject([{ number: 1, state: 'live', parent: null, round: 0 }]);
    // Chance is a quarter.
    expect(versions[0]!.validationAccuracy).toBeGreaterThan(0.8);
  });

  test('is listed with all the others, newest first', async () => {
    const projects = await succeed<Project[]>('listProjects');
    expect(projects.map(({ id }) => id)).toEqual(['fresh', 'reef']);
  });

  test('has the base classes, with their examples', async () => {
    const classes = await succeed('listClasses');
    const expected = BASE_SHAPES.map((name) => ({ name, kind: 'base', examples: 4, addedIn: 1 }));
    expect(classes).toEqual(expected);
  });

  test('gives its weights by their content, to be kept for ever', async () => {
    const { weights } = await live();
    const response = await edge.current.anyone.fetch('getWeights', { params: { hash: weights } });
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(await sha256Hex(bytes)).toBe(weights);
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    expect((await weightsOf(edge.current.anyone, weights)).every(Number.isFinite)).toBe(true);
  });
});

describe('an image is recognised', () => {
  test.each(['png', 'jpeg', 'webp'] as const)('as a %s file', async (format) => {
    for (const shape of BASE_SHAPES) {
      const file = await asFile(drawings(shape, 1, 7)[0]!, format);
      expect(likeliest(await classify(file, `image/${format}`))).toBe(shape);
    }
  });

  test('as the tensor that the network reads', async () => {
    for (const shape of BASE_SHAPES)
      expect(likeliest(await classifyDrawing(drawings(shape, 1, 8)[0]!))).toBe(shape);
  });

  test('with probabilities of all classes that sum to one, the likeliest first', async () => {
    const answer = await classifyDrawing(drawings('disc', 1, 9)[0]!);
    const chances = answer.classes.map(({ probability }) => probability);
    expect(chances).toEqual(chances.toSorted((a, b) => b - a));
    expect(chances.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(answer).toMatchObject({ label: 'disc', unknown: false, version: 1, revision: 1 });
    expect(answer.classes[0]!.name).toBe('disc');
  });

  test('with as many classes as were asked for', async () => {
    const tensor = asTensor(drawings('disc', 1, 9)[0]!);
    expect((await classify(tensor, 'application/x-tensor', '?top=2')).classes).toHaveLength(2);
  });

  test('whatever parameters its media type has', async () => {
    const file = await asFile(drawings('disc', 1, 7)[0]!, 'png');
    expect((await classify(file, 'IMAGE/PNG; charset=binary')).label).toBe('disc');
    const tensor = asTensor(drawings('disc', 1, 7)[0]!);
    expect((await classify(tensor, 'Application/X-Tensor')).label).toBe('disc');
  });
});

describe('a class that is added', () => {
  const examples = drawings('ring', 5, 3).map(asPixels);
  const [unseen] = drawings('ring', 1, 4);

  test('is what the very next request is answered with', async () => {
    const before = await live();
    expect((await classifyDrawing(unseen!)).label).not.toBe('ring');
    const added = await succeed<ClassAdded>('addClass', { json: { name: ' ring ', examples } });
    const answer = await classifyDrawing(unseen!);
    const expected = { name: 'ring', examples: 5, version: 1, revision: before.revision + 1 };
    expect(added).toMatchObject(expected);
    expect(answer).toMatchObject({ label: 'ring', revision: before.revision + 1 });
    expect(await live()).toEqual({ ...before, revision: before.revision + 1 });
  });

  test('is listed as novel, behind the base classes', async () => {
    const classes = await succeed<{ name: string }[]>('listClasses');
    expect(classes.at(-1)).toEqual({ name: 'ring', kind: 'novel', examples: 5, addedIn: 2 });
  });

  test('may come as files', async () => {
    const files = await Promise.all(drawings('corner', 3, 3).map((one) => asFile(one, 'webp')));
    const images = files.map((file) => ({ image: Buffer.from(file).toString('base64') }));
    await succeed('addClass', { json: { name: 'a corner/50 %', examples: images } });
    const file = await asFile(drawings('corner', 1, 4)[0]!, 'png');
    expect((await classify(file, 'image/png')).label).toBe('a corner/50 %');
  });

  test('is forgotten at once when it is removed, whatever its name', async () => {
    const { revision } = await live();
    for (const [i, name] of ['ring', 'a corner/50 %'].entries()) {
      const gone = await succeed('removeClass', { params: { project, class: name } });
      expect(gone).toEqual({ name, revision: revision + i + 1 });
    }
    const answer = await classifyDrawing(unseen!);
    expect(answer.classes.map(({ name }) => name).sort()).toEqual([...BASE_SHAPES].sort());
    expect(answer.revision).toBe(revision + 2);
  });

  test('may come back under its old name', async () => {
    await succeed('addClass', { json: { name: 'ring', examples } });
    expect((await classifyDrawing(unseen!)).label).toBe('ring');
  });
});

describe('an earlier version', () => {
  test('goes live again at once, knowing the classes that were added since', async () => {
    await succeed('startTraining', { json: { rounds: 1 } });
    const [volunteer] = await arrivedVolunteers(edge.current, project, 1);
    const assignment = await volunteer!.assignment(1);
    await volunteer!.send(assignment, new Float32Array(volunteer!.size));
    await volunteer!.line.state(
      'round 1 is done',
      ({ phase, round }) => round === 1 && phase === 'idle',
    );
    volunteer!.leave();
    await succeed('addClass', {
      json: { name: 'corner', examples: drawings('corner', 5, 3).map(asPixels) },
    });
    const before = await live();
    expect(before.version).toBe(2);
    const [version1] = [...(await succeed<{ weights: string }[]>('listVersions'))].reverse();

    const back = await succeed<Project>('makeLive', { params: { project, version: '1' } });
    const expected = { version: 1, revision: before.revision + 1, weights: version1!.weights };
    expect(back.live).toEqual(expected);
    const answer = await classifyDrawing(drawings('corner', 1, 4)[0]!);
    expect(answer).toMatchObject({ label: 'corner', version: 1, revision: expected.revision });
    const { training } = await getProject(edge.current.anyone, project);
    expect(training.version).toBe(1);
    expect(await succeed('listVersions')).toMatchObject([
      { number: 2, state: 'retired', parent: 1, round: 1 },
      { number: 1, state: 'live' },
    ]);
  });

  test('that is live already stays so, and nothing changes', async () => {
    const before = await live();
    const again = await succeed<Project>('makeLive', { params: { project, version: '1' } });
    expect(again.live).toEqual(before);
  });
});
