/** What goes live and when: the quality gate, ways back, and changes that come all at once. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Problem } from '../../shared/api/problem.ts';
import type { Answer } from '../../shared/api/schemas/answers.ts';
import type { ClassAdded } from '../../shared/api/schemas/classes.ts';
import type { Project } from '../../shared/api/schemas/projects.ts';
import { NORM_LIMIT } from '../../shared/rounds/admit.ts';
import { useEdge } from '../kit/edge.ts';
import { getProject, liveToyProject, UNTOUCHED, versionOf, weightsOf } from '../kit/project.ts';
import { openRound, outcomeOf, type Opened } from '../kit/round.ts';
import { asPixels, asTensor, BASE_SHAPES, drawings } from '../kit/shapes.ts';
import { aggregateOf, farthest, noise, type ToyVolunteer } from '../kit/volunteer.ts';

const edge = useEdge();
const opened: Opened[] = [];

afterEach(() =>
  opened.splice(0).forEach(({ volunteers }) => volunteers.forEach((one) => one.leave())),
);

async function open(
  ...[id, patch, options]: [
    string,
    Parameters<typeof openRound>[2],
    Parameters<typeof openRound>[3],
  ]
) {
  const round = await openRound(edge.current, id, patch, options);
  opened.push(round);
  return { ...round, first: round.volunteers[0]!, assignment: round.assignments[0]! };
}

const live = async (project: string) =>
  (await getProject(edge.current.anyone, project)).project.live!;
const training = async (project: string) =>
  (await getProject(edge.current.anyone, project)).training;
const versions = (project: string) =>
  edge.current.anyone.call('listVersions', { params: { project } });
const rollback = (project: string, version: number): Promise<Project> =>
  edge.current.admin.call('makeLive', { params: { project, version: String(version) } });

const examples = drawings('ring', 3, 3).map(asPixels);
const addClass = (project: string, name: string): Promise<ClassAdded> =>
  edge.current.admin.call('addClass', { params: { project }, json: { name, examples } });
/** One image for all: what is said of it may change with version and revision only. */
const image = (project: string) => ({
  params: { project },
  ...{ bytes: asTensor(drawings('disc', 1, 5)[0]!), type: 'application/x-tensor' },
});
/** An admin's answers are of now, anyone's of up to a second ago. */
const classify = (project: string, who: 'admin' | 'anyone' = 'admin'): Promise<Answer> =>
  edge.current[who].call('classify', { ...image(project), query: { top: 100 } });

const zeros = ({ size }: ToyVolunteer) => new Float32Array(size);
/** Noise just below what is refused outright: it leaves nothing of the model. */
const wreck = ({ size }: ToyVolunteer) => noise(size, 0.9 * NORM_LIMIT, 1);

describe('a candidate that is worse', () => {
  // Nothing clips the wreck, and one step does not mend it.
  const unguarded = {
    round: { goal: 1 },
    server: { steps: 1 },
    aggregation: { before: [] },
  };

  test('does not go live: what is live stays, the notice says why, the next round starts from it', async () => {
    const { first, assignment } = await open('wrecked', unguarded, { volunteers: 1, rounds: 2 });
    const before = await live('wrecked');
    await first.send(assignment, wreck(first));
    const outcome = await outcomeOf(edge.current, 'wrecked', 1, first.line);
    expect(outcome).toMatchObject({
      ...{ outcome: 'not-promoted', baseVersion: 1, candidateVersion: 2 },
      reason: expect.stringMatching(
        /^version 2 recognises .* %.* live version 1 .* %; the next round starts from version 1 again$/,
      ),
    });
    expect((await training('wrecked')).notice).toBe(outcome.reason);
    expect(await live('wrecked')).toEqual(before);
    expect((await classify('wrecked')).version).toBe(1);
    const second = await first.assignment(2);
    expect(second).toMatchObject({ version: 1, weights: before.weights });

    await first.send(second, zeros(first));
    expect(await outcomeOf(edge.current, 'wrecked', 2, first.line)).toMatchObject({
      baseVersion: 1,
    });
    expect(await versions('wrecked')).toMatchObject([
      { number: 3, parent: 1, round: 2 },
      { number: 2, state: 'not-promoted', parent: 1, round: 1 },
      { number: 1, round: 0 },
    ]);
  });

  test('704: and cannot be made live by hand either', async () => {
    const before = await live('wrecked');
    await expect(rollback('wrecked', 2)).rejects.toMatchObject({ code: 704 });
    expect(await live('wrecked')).toEqual(before);
  });

  test('by no more than the plan tolerates is what the next round builds on', async () => {
    const patch = { ...unguarded, server: { steps: 1, tolerance: 1 } };
    const { first, assignment } = await open('tolerant', patch, { volunteers: 1, rounds: 2 });
    await first.send(assignment, wreck(first));
    expect(await first.assignment(2)).toMatchObject({ version: 2 });
    expect(await live('tolerant')).toMatchObject({ version: 1, revision: 1 });
  });

  test('is held back by the plan that clips: one volunteer cannot move the model far', async () => {
    const patch = { ...UNTOUCHED, round: { goal: 1 } };
    const { first, assignment, base } = await open('guarded', patch, { volunteers: 1 });
    await first.send(assignment, wreck(first));
    await outcomeOf(edge.current, 'guarded', 1, first.line);
    const { weights } = await versionOf(edge.current.anyone, 'guarded', 1);
    const made = await weightsOf(edge.current.anyone, weights);
    const moved = Math.sqrt(made.reduce((sum, value, i) => sum + (value - base[i]!) ** 2, 0));
    expect(moved).toBeCloseTo(10, 2);
  });
});

test('a step back while a round is open changes what is live, not what the round adds up to', async () => {
  const patch = { ...UNTOUCHED, round: { goal: 2, minimum: 2 } };
  const { volunteers, first, assignments } = await open('back', patch, {
    volunteers: 2,
    rounds: 2,
  });
  const second = volunteers[1]!;
  // The head is zero in a version that was not trained: moving the rest changes no answer.
  const { entries } = first.recipe.model.layout;
  const head = entries.find(({ name }) => name.startsWith('head/'))!.offset;
  const delta = (seed: number) => noise(first.size, 1, seed).fill(0, head);
  await Promise.all([first, second].map((one, i) => one.send(assignments[i]!, delta(i))));
  const assignment = await first.assignment(2);
  expect(assignment.version).toBe(2);
  const base = await weightsOf(edge.current.anyone, assignment.weights);

  await first.send(assignment, delta(3), 10);
  expect((await rollback('back', 1)).live).toMatchObject({ version: 1 });
  expect(await training('back')).toMatchObject({ phase: 'training', version: 1, accepted: 1 });
  await second.send(assignment, delta(4), 30);
  const outcome = await outcomeOf(edge.current, 'back', 2, first.line);
  expect(outcome).toMatchObject({ accepted: 2, baseVersion: 2 });
  const expected = aggregateOf(base, [
    { values: delta(3), images: 10 },
    { values: delta(4), images: 30 },
  ]);
  const made = await versionOf(edge.current.anyone, 'back', 2);
  expect(made.parent).toBe(2);
  expect(farthest(await weightsOf(edge.current.anyone, made.weights), expected)).toBeLessThan(1e-6);
});

type Embedded = { embedding: number[]; version: number; revision: number };

/** The image three times over, which are three answers of one version and one revision. */
async function classifyThree(project: string): Promise<Answer[]> {
  const { bytes, ...rest } = image(project);
  const { answers, ...stamp } = await edge.current.anyone.call('classifyBatch', {
    ...{ ...rest, bytes: Buffer.concat([bytes, bytes, bytes]), query: { top: 100 } },
  });
  expect(answers).toHaveLength(3);
  return answers.map((one) => ({ ...one, ...stamp }));
}

/** Undefined when another version than the one that made it is live: 505, and never another answer. */
async function classifyEmbedding(
  project: string,
  { embedding, version }: Embedded,
): Promise<Answer | undefined> {
  const query = { top: 100, version };
  const asked = { params: { project }, json: { embedding }, query };
  return edge.current.anyone.call('classify', asked).catch((error: Problem) => {
    expect(error.code).toBe(505);
    return undefined;
  });
}

/** Of each version the same numbers, time after time, and of two versions different ones. */
function expectOnePerVersion(seen: [version: number, numbers: number[]][]) {
  const first = new Map<number, number[]>();
  for (const [version, numbers] of seen) {
    const known = first.get(version) ?? numbers;
    first.set(version, known);
    numbers.forEach((value, i) => expect(value).toBeCloseTo(known[i]!, 4));
  }
  const [one, other] = [...first.values()];
  expect(farthest(Float32Array.from(one!), Float32Array.from(other!))).toBeGreaterThan(1e-3);
}

describe('changes that come at once', () => {
  test('of different classes all succeed, each with a revision of its own', async () => {
    await liveToyProject(edge.current, 'six', UNTOUCHED);
    const names = [1, 2, 3, 4, 5, 6].map((n) => `class ${n}`);
    const added = await Promise.all(names.map((name) => addClass('six', name)));
    expect(added.map(({ revision }) => revision).sort()).toEqual([2, 3, 4, 5, 6, 7]);
    const answer = await classify('six');
    expect(answer.revision).toBe(7);
    expect(answer.classes.map(({ name }) => name).sort()).toEqual(
      [...BASE_SHAPES, ...names].sort(),
    );
  });

  test('of one name leave one class', async () => {
    const tries = await Promise.allSettled([1, 2, 3, 4].map(() => addClass('six', 'the same')));
    const refused = tries.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(3);
    for (const one of refused) expect(one).toMatchObject({ reason: { code: 602 } });
    const remove = { params: { project: 'six', class: 'the same' } };
    const removals = await Promise.allSettled(
      [1, 2, 3].map(() => edge.current.admin.call('removeClass', remove)),
    );
    const failed = removals.filter(({ status }) => status === 'rejected');
    expect(failed).toHaveLength(2);
    for (const one of failed) expect(one).toMatchObject({ reason: { code: 603 } });
    expect((await live('six')).revision).toBe(9);
  });

  test('as a version is promoted: every answer is of one version and one revision, and all classes go along', async () => {
    const patch = { round: { goal: 1 }, server: { steps: 20 } };
    const { first, assignment } = await open('busy', patch, { volunteers: 1 });
    const answers: Answer[] = [];
    const embedded: Embedded[] = [];
    const added: ClassAdded[] = [];
    const over = new AbortController();
    const until = async (ask: () => Promise<unknown>) => {
      while (!over.signal.aborted) await ask();
    };
    const asking = (who: 'admin' | 'anyone') =>
      until(async () => answers.push(await classify('busy', who)));
    const askingMany = () => until(async () => answers.push(...(await classifyThree('busy'))));
    const askingByEmbedding = () =>
      until(async () => {
        const one = await edge.current.anyone.call('embed', image('busy'));
        embedded.push(one);
        const again = await classifyEmbedding('busy', one);
        if (again) answers.push(again);
      });
    const adding = async () => {
      while (!over.signal.aborted) added.push(await addClass('busy', `class ${added.length + 1}`));
    };
    await first.send(assignment, zeros(first));
    const ended = outcomeOf(edge.current, 'busy', 1, first.line).then((outcome) => {
      over.abort();
      return outcome;
    });
    await Promise.all([
      ...[asking('admin'), asking('anyone'), askingMany(), askingByEmbedding(), adding()],
    ]);
    expect(await ended).toMatchObject({ outcome: 'promoted', candidateVersion: 2 });
    added.push(await addClass('busy', 'the last'));
    answers.push(await classify('busy'));
    embedded.push(await edge.current.admin.call('embed', image('busy')));

    const last = await live('busy');
    expect(last).toMatchObject({ version: 2, revision: added.length + 2 });
    // Every revision is an added class, but for the first and the one that moved the version.
    const taken = new Set(added.map(({ revision }) => revision));
    const revisions = Array.from({ length: last.revision }, (_, i) => i + 1);
    const [, promotion] = revisions.filter((revision) => !taken.has(revision));
    const versionAt = (revision: number) => (revision < promotion! ? 1 : 2);
    for (const { revision, version } of added) expect(version).toBe(versionAt(revision));
    for (const { revision, version, classes } of answers) {
      const known = added.filter((one) => one.revision <= revision).map(({ name }) => name);
      expect([revision, version]).toEqual([revision, versionAt(revision)]);
      expect(classes.map(({ name }) => name).sort()).toEqual([...BASE_SHAPES, ...known].sort());
    }
    expect(new Set(answers.map(({ version }) => version))).toEqual(new Set([1, 2]));
    // What a version makes of the image, and of its own classes, is that version's alone.
    for (const { version, revision } of embedded) expect(version).toBe(versionAt(revision));
    expectOnePerVersion(embedded.map(({ version, embedding }) => [version, embedding]));
    const known = new Set<string>(BASE_SHAPES);
    expectOnePerVersion(
      answers.map(({ version, classes }) => [
        version,
        classes
          .filter(({ name }) => known.has(name))
          .toSorted((a, b) => a.name.localeCompare(b.name))
          .map(({ similarity }) => similarity),
      ]),
    );
  });
});
