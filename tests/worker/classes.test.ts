/** Acts on classes in a real workerd: each is one revision, and every answer knows it. */
import { createCanvas, loadImage } from '@napi-rs/canvas';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../../shared/api/schemas/answers.ts';
import { ClassModel, idsOf, type Act } from '../kit/class-model.ts';
import { useEdge } from '../kit/edge.ts';
import { getProject, liveToyProject, UNTOUCHED } from '../kit/project.ts';
import { openRound, outcomeOf } from '../kit/round.ts';
import { asPixels, asTensor, BASE_SHAPES, drawings, SIDE, type Shape } from '../kit/shapes.ts';

const edge = useEdge();
const project = 'reef';

beforeAll(() => liveToyProject(edge.current, project, { round: { goal: 1 } }));

const at = (name: string) => ({ params: { project, class: name } });
const live = async () => (await getProject(edge.current.anyone, project)).project.live!;
const list = () => edge.current.anyone.call('listClasses', { params: { project } });
const added = async () => (await list()).filter(({ kind }) => kind === 'novel');

const add = (name: string, examples: Uint8Array[]) =>
  edge.current.admin.call('addClass', {
    params: { project },
    json: { name, examples: examples.map(asPixels) },
  });
const rename = (name: string, to: string) =>
  edge.current.admin.call('renameClass', { ...at(name), json: { name: to } });
const remove = (name: string) => edge.current.admin.call('removeClass', at(name));
const merge = (name: string, from: string) =>
  edge.current.admin.call('mergeClasses', { ...at(name), json: { from } });
const more = (name: string, examples: Uint8Array[]) =>
  edge.current.admin.call('addExamples', {
    ...at(name),
    json: { examples: examples.map(asPixels) },
  });
const less = (name: string, example: string) =>
  edge.current.admin.call('removeExample', { params: { project, class: name, example } });
const undo = (revision?: number) =>
  edge.current.admin.call('undo', {
    params: { project },
    json: revision === undefined ? {} : { revision },
  });
const idsAt = async (name: string) =>
  (await edge.current.admin.call('listExamples', at(name))).map(({ id }) => id);
const history = (query: Record<string, number> = {}) =>
  edge.current.anyone.call('listRevisions', { params: { project }, query });

/** As the admin who changed the classes sees it: fresh. */
const classify = (drawing: Uint8Array): Promise<Answer> =>
  edge.current.admin.call('classify', {
    params: { project },
    ...{ bytes: asTensor(drawing), type: 'application/x-tensor' },
    query: { top: 100 },
  });
const unseen = (shape: Shape) => drawings(shape, 1, 99)[0]!;

async function forgetAll(): Promise<void> {
  for (const { name } of await added()) await remove(name);
}

describe('a class', () => {
  beforeAll(forgetAll);

  test('says at once which of its examples look bad, and whom it is taken for', async () => {
    const good = await add('corner', drawings('corner', 5, 3));
    expect(good.report).toMatchObject({ accuracy: 1, doubtful: [], confusable: { mistaken: 0 } });
    const [disc] = drawings('disc', 1, 50);
    const bad = await more('corner', [disc!]);
    const [id] = idsOf([disc!]);
    expect(bad.report).toMatchObject({
      accuracy: 5 / 6,
      confusable: { name: 'disc', mistaken: 1 },
      doubtful: [{ index: 5, example: id, nearest: 'disc' }],
    });
    expect(bad.report.doubtful[0]!.margin).toBeLessThan(0);
    expect(await edge.current.admin.call('checkClass', at('corner'))).toEqual(bad.report);
    const mended = await less('corner', id!);
    expect(mended).toMatchObject({ name: 'corner', examples: 5, report: good.report });
    expect((await classify(unseen('corner'))).label).toBe('corner');
  });

  test('of one example has nothing to be left out of', async () => {
    const { report } = await add('ring', drawings('ring', 1, 3));
    expect(report).toMatchObject({ accuracy: null, doubtful: [] });
    const four = drawings('ring', 5, 3).slice(1);
    expect(await more('ring', four)).toMatchObject({ examples: 5 });
  });

  test('is answered under its new name at once, and no more under the old', async () => {
    const before = await live();
    const renamed = await rename('ring', ' circle ');
    expect(renamed).toEqual({ name: 'circle', version: 1, revision: before.revision + 1 });
    const answer = await classify(unseen('ring'));
    expect(answer).toMatchObject({ label: 'circle', revision: before.revision + 1 });
    expect(answer.classes.map(({ name }) => name)).not.toContain('ring');
  });

  test('is answered with the examples of both that were merged', async () => {
    await add('round', drawings('ring', 3, 4));
    const merged = await merge('circle', 'round');
    expect(merged).toMatchObject({ name: 'circle', examples: 8 });
    expect(await idsAt('circle')).toEqual(
      idsOf([...drawings('ring', 5, 3), ...drawings('ring', 3, 4)]),
    );
    const answer = await classify(unseen('ring'));
    expect(answer.label).toBe('circle');
    expect(answer.classes.map(({ name }) => name)).not.toContain('round');
    // As the same examples at once would be: nothing was embedded for it.
    await add('at once', [...drawings('ring', 5, 3), ...drawings('ring', 3, 4)]);
    const [one, two] = ['circle', 'at once'].map(
      (name) => async () =>
        (await classify(unseen('ring'))).classes.find((found) => found.name === name)!.similarity,
    );
    expect(await one!()).toBeCloseTo(await two!(), 5);
    await remove('at once');
  });

  test('shows its examples as the network reads them', async () => {
    const [first] = drawings('ring', 1, 3);
    const [id] = await idsAt('circle');
    const response = await edge.current.admin.fetch('getExample', {
      params: { project, class: 'circle', example: id! },
    });
    expect(response.headers.get('content-type')).toBe('image/png');
    const image = await loadImage(Buffer.from(await response.arrayBuffer()));
    const context = createCanvas(SIDE, SIDE).getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, SIDE, SIDE);
    expect([image.width, image.height]).toEqual([SIDE, SIDE]);
    expect(Array.from(first!, (_, i) => data[4 * i])).toEqual([...first!]);
  });
});

describe('many at once', () => {
  beforeAll(forgetAll);
  const many = Array.from({ length: 30 }, (_, i) => ({
    name: `class ${i}`,
    examples: drawings(i % 2 ? 'ring' : 'corner', 1 + (i % 3), i).map(asPixels),
  }));
  const addMany = (classes: typeof many) =>
    edge.current.admin.call('addClasses', { params: { project }, json: { classes } });

  test('are one revision, in their order', async () => {
    const { revision } = await live();
    expect(await addMany(many)).toEqual({ added: 30, version: 1, revision: revision + 1 });
    const expected = many.map(({ name, examples }) => ({
      ...{ name, kind: 'novel', examples: examples.length, addedIn: revision + 1 },
    }));
    expect(await added()).toEqual(expected);
    expect((await classify(unseen('ring'))).classes).toHaveLength(BASE_SHAPES.length + 30);
  });

  test('are undone at once, and come again', async () => {
    await undo();
    expect(await added()).toEqual([]);
    await undo();
    expect((await added()).map(({ name }) => name)).toEqual(many.map(({ name }) => name));
  });

  test('are added all or none', async () => {
    const before = await live();
    const fresh = { ...many[0]!, name: 'fresh' };
    await expect(addMany([fresh, many[1]!])).rejects.toMatchObject({ code: 602 });
    await expect(addMany([fresh, fresh])).rejects.toMatchObject({ code: 602 });
    expect(await live()).toEqual(before);
  });
});

describe('undo', () => {
  beforeAll(forgetAll);

  test('takes back what is meant, or nothing: another change may have come meanwhile', async () => {
    const { revision } = await add('ring', drawings('ring', 3, 3));
    await add('corner', drawings('corner', 3, 3));
    await expect(undo(revision)).rejects.toMatchObject({ code: 612 });
    const undone = await undo(revision + 1);
    expect(undone).toEqual({
      ...{ version: 1, revision: revision + 2 },
      undone: { revision: revision + 1, act: 'add-class', subject: 'corner' },
    });
    expect((await added()).map(({ name }) => name)).toEqual(['ring']);
  });

  test('is written down with all that was changed, newest first, page by page', async () => {
    const { revision } = await live();
    const { revisions, next } = await history({ limit: 2 });
    expect(revisions).toMatchObject([
      { revision, act: 'undo', subject: `revision ${revision - 1}`, undoable: true },
      { revision: revision - 1, act: 'add-class', subject: 'corner', undoable: false },
    ]);
    const rest = await history({ before: next!, limit: 200 });
    expect(rest.revisions.map((one) => one.revision)).toEqual(
      Array.from({ length: revision - 2 }, (_, i) => revision - 2 - i),
    );
    expect(rest.next).toBeNull();
    expect(rest.revisions.at(-1)).toMatchObject({ act: 'promote', subject: 'version 1' });
    expect(rest.revisions.filter(({ undoable }) => undoable)).toEqual([]);
  });

  test('brings a class back under a version that has never seen it', async () => {
    const id = 'later';
    const opened = await openRound(
      edge.current,
      id,
      { ...UNTOUCHED, round: { goal: 1 } },
      { volunteers: 1 },
    );
    const [volunteer] = opened.volunteers;
    const ring = { params: { project: id, class: 'ring' } };
    const json = { name: 'ring', examples: drawings('ring', 5, 3).map(asPixels) };
    await edge.current.admin.call('addClass', { params: { project: id }, json });
    await edge.current.admin.call('removeClass', ring);
    await volunteer!.send(opened.assignments[0]!, new Float32Array(volunteer!.size));
    await outcomeOf(edge.current, id, 1, volunteer!.line);
    volunteer!.leave();
    const undone = await edge.current.admin.call('undo', { params: { project: id }, json: {} });
    expect(undone).toMatchObject({ version: 2, undone: { act: 'remove-class', subject: 'ring' } });
    const answer = await edge.current.admin.call('classify', {
      params: { project: id },
      ...{ bytes: asTensor(unseen('ring')), type: 'application/x-tensor' },
    });
    expect(answer).toMatchObject({ label: 'ring', version: 2, revision: undone.revision });
  });
});

describe('whatever is done, in whatever order,', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const examples = fc
    .tuple(fc.constantFrom<Shape>('ring', 'corner'), fc.integer({ min: 1, max: 3 }), fc.nat(3))
    .map(([shape, count, seed]) => drawings(shape, count, seed));
  const act: fc.Arbitrary<Act> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('add'), name, examples }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('rename'), name, to: name }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove'), name }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('merge'), name, from: name }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('more'), name, examples }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('less'), name, index: fc.nat(2) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('undo') }) },
  ) as fc.Arbitrary<Act>;

  function perform(one: Act, model: ClassModel): Promise<unknown> {
    if (one.kind === 'add') return add(one.name, one.examples);
    if (one.kind === 'rename') return rename(one.name, one.to);
    if (one.kind === 'remove') return remove(one.name);
    if (one.kind === 'merge') return merge(one.name, one.from);
    if (one.kind === 'more') return more(one.name, one.examples);
    if (one.kind === 'undo') return undo();
    return less(one.name, idsOf(model.now.get(one.name) ?? [])[one.index] ?? 'none');
  }

  test('the classes are those of the model, and what is refused changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 14 }), async (acts) => {
        await forgetAll();
        // One change that the first undo may take back.
        await add('first', drawings('ring', 1, 1));
        await remove('first');
        const model = new ClassModel();
        model.act({ kind: 'add', name: 'first', examples: drawings('ring', 1, 1) });
        model.act({ kind: 'remove', name: 'first' });
        let { revision } = await live();
        for (const one of acts) {
          const doing = perform(one, model);
          const refused = model.act(one);
          if (refused) await expect(doing).rejects.toMatchObject({ code: refused });
          else expect(await doing).toMatchObject({ revision: ++revision });
          const counts = new Map((await added()).map((row) => [row.name, row.examples]));
          expect(counts).toEqual(new Map([...model.now].map(([key, all]) => [key, all.length])));
        }
        for (const [key, all] of model.now) expect(await idsAt(key)).toEqual(idsOf(all));
        const answer = await classify(unseen('ring'));
        expect(answer.revision).toBe(revision);
        expect(answer.classes.map((one) => one.name).sort()).toEqual(
          [...BASE_SHAPES, ...model.now.keys()].sort(),
        );
      }),
      { seed: 7, numRuns: 12 },
    );
  });
});
