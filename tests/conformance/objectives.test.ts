import { readdirSync } from 'node:fs';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { createModel } from '../../shared/nn/model.ts';
import { HEADS } from '../../shared/nn/heads/index.ts';
import {
  dispose,
  flatten,
  initialise,
  unflatten,
  type Params,
  type Scalar,
  type Tensor,
} from '../../shared/nn/params.ts';
import {
  needsLabels,
  type Objective,
  type StepContext,
  type Tensors,
} from '../../shared/objectives/contract.ts';
import { OBJECTIVES } from '../../shared/objectives/index.ts';
import { supervised } from '../../shared/objectives/supervised/supervised.ts';
import { makeView } from '../../shared/train/loader.ts';
import { VIEWS, type ViewName } from '../../shared/views/index.ts';
import { tf } from '../kit/backends.ts';
import {
  coloured,
  COLOURED,
  digest,
  run,
  smallModel,
  startSession,
  stripes,
  unlabelled,
} from '../train/stripes.ts';

const ENTRIES = Object.entries<Objective>(OBJECTIVES);
const LABELLED = stripes(60, 21);

/** An objective with one choice of settings, and what a volunteer needs to learn by it. */
type Case = ReturnType<typeof caseOf>;

function caseOf(objective: Objective, settings: object) {
  // With the head that every project has beside the objective's own, as `recipeOf` builds it.
  const heads = [...new Set(['cls' as const, ...objective.heads])];
  const grey = { ...smallModel(...heads).spec, unsent: objective.unsent ?? [] };
  // Grey images, but where these do not suffice.
  const spec = objective.needs?.(grey) ? { ...grey, input: COLOURED } : grey;
  const config = v.parse(objective.config, settings);
  const model = createModel({ ...spec, own: objective.parameters?.(spec, config) ?? [] });
  const images = spec.input === COLOURED ? coloured(LABELLED) : LABELLED;
  const data = needsLabels(objective, config) ? images : unlabelled(images);
  return { objective, config, model, data };
}

/** By the defaults, and once for every other way that a setting offers. */
const CASES = ENTRIES.flatMap(([id, objective]) =>
  [{}, ...otherWays(objective)].map((settings) => {
    const name = Object.keys(settings).length === 0 ? id : `${id} ${JSON.stringify(settings)}`;
    return [name, caseOf(objective, settings)] as const;
  }),
);

function entriesOf({ config }: Objective): [string, v.GenericSchema, unknown][] {
  const { entries } = config as v.ObjectSchema<v.ObjectEntries, undefined>;
  return Object.entries(entries).map(([name, entry]) => {
    const { wrapped, default: value } = entry as v.OptionalSchema<v.GenericSchema, unknown>;
    return [name, wrapped, value];
  });
}

function otherWays(objective: Objective): object[] {
  return entriesOf(objective).flatMap(([name, schema, usual]) => {
    const options =
      schema.type === 'boolean'
        ? [true, false]
        : ((schema as { options?: unknown[] }).options ?? []);
    return options.filter((option) => option !== usual).map((option) => ({ [name]: option }));
  });
}

/** What a volunteer receives, by objective: a model that has learnt a little from a few images. */
const received = new Map<Objective, Float32Array>();

beforeAll(async () => {
  for (const [, objective] of ENTRIES) {
    const { model } = caseOf(objective, {});
    const teach = {
      model,
      objective: supervised,
      config: v.parse(supervised.config, { smoothing: 0 }),
    };
    const weights = initialise(model.layout, new Random(1));
    const few = stripes(30, 1);
    const data = model.spec.input === COLOURED ? coloured(few) : few;
    const session = await startSession({ ...teach, weights, data });
    await run(session, 25, 0.05);
    received.set(objective, await session.weights());
    session.dispose();
  }
});

const start = (of: Case, seed = 1) =>
  startSession({ ...of, weights: received.get(of.objective)!, seed });

test('every objective is named as its file', () => {
  const folder = new URL('../../shared/objectives/', import.meta.url);
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => readdirSync(new URL(`${entry.name}/`, folder)));
  expect(files.map((file) => file.replace('.ts', '')).sort()).toEqual(
    Object.keys(OBJECTIVES).sort(),
  );
});

describe.each(ENTRIES)('%s says what it is', (_, objective) => {
  test('title, paper, summary', () => {
    expect(objective.title).not.toBe('');
    expect(objective.paper).toMatch(/^https:/);
    expect(objective.summary).toMatch(/\.$/);
  });

  test('its views and heads exist', () => {
    expect(Object.keys(objective.views)).not.toHaveLength(0);
    for (const view of Object.values(objective.views)) expect(VIEWS).toHaveProperty(view);
    for (const head of objective.heads) expect(HEADS).toHaveProperty(head);
  });

  test('every setting has a default, and what is out of its range is refused', () => {
    const defaults = v.parse(objective.config, {}) as Record<string, unknown>;
    for (const [name, schema] of entriesOf(objective)) {
      expect(defaults[name], name).toBeDefined();
      for (const value of outOfRange(schema)) {
        const verdict = v.safeParse(objective.config, { [name]: value });
        expect(verdict.success, `${name}: ${String(value)}`).toBe(false);
      }
    }
  });
});

/** Values that a setting must not take, read off its schema: just outside the range, and nonsense. */
function outOfRange(schema: v.GenericSchema): unknown[] {
  const nonsense = [Number.NaN, Number.POSITIVE_INFINITY, 'nonsense', null, {}];
  if (schema.type !== 'number') return nonsense;
  const checks = (schema as unknown as { pipe: { type: string; requirement: number }[] }).pipe;
  const limit = (type: string) => checks.find((check) => check.type === type)?.requirement;
  const [low, high] = [limit('min_value'), limit('max_value')];
  if (low === undefined || high === undefined) return expect.fail('a number without a range');
  return [...nonsense, low - 1e-6, high + 1e-6];
}

/** Everything a step sees, made as a session makes it; the teacher has weights of its own. */
async function contextOf({
  objective,
  model,
  data,
  config,
}: Case): Promise<StepContext<unknown, unknown>> {
  const random = new Random(3);
  const weights = received.get(objective)!;
  const params = unflatten(tf, model.layout, weights);
  const teacher = unflatten(tf, model.layout, weights.map(LESS));
  const view = (name: ViewName, rows: readonly number[]) =>
    makeView(tf, data, model.spec.input, name, rows, random);
  const round = { tf, model, config, data, random, view };
  const state = await objective.begin({ ...round, params });
  const usable = objective.rows(state, data);
  const rows =
    objective.draw?.({ state, data, config, rows: usable, batch: 8, random }) ?? usable.slice(0, 8);
  const views = Object.fromEntries(
    Object.entries(objective.views).map(([as, name]) => [as, view(name, rows)]),
  );
  const memory = tf.tidy(() => objective.memory?.({ ...round, params }) ?? {});
  const global = unflatten(tf, model.layout, weights);
  return { ...round, state, params, teacher, received: global, memory, batch: { rows, views } };
}

/** Every tensor that a step's context holds, and its targets. */
function held(context: StepContext<unknown, unknown>, targets: Tensors): Params[] {
  const { params, teacher, memory, batch } = context;
  return [params, teacher, context.received, memory, batch.views, targets];
}

const LESS = (value: number) => 0.9 * value;

/** The norm of a term's gradient by each of the tensors; absent where the term does not read it. */
async function norms(by: Params, term: () => Tensor): Promise<Record<string, number>> {
  const names = Object.keys(by);
  const inputs = names.map((name) => by[name]!);
  const { value, grads } = tf.tidy(() =>
    tf.engine().gradients(term as () => Scalar, inputs, undefined, true),
  );
  const found: Record<string, number> = {};
  for (const [i, name] of names.entries()) {
    const gradient = grads[i] as Tensor | null;
    if (!gradient) continue;
    const numbers = (await gradient.data()) as Float32Array;
    found[name] = Math.sqrt(numbers.reduce((sum, g) => sum + g * g, 0));
    gradient.dispose();
  }
  value.dispose();
  return found;
}

describe.each(CASES)('%s learns', (_, of) => {
  const { objective, model } = of;
  let context: StepContext<unknown, unknown>;
  let targets: Tensors;
  const loss = () => objective.loss(context, targets);

  beforeAll(async () => {
    context = await contextOf(of);
    targets = tf.tidy(() => objective.targets(context));
  });
  afterAll(() => {
    held(context, targets).forEach(dispose);
  });

  test('every term is one finite number and moves every layer of the backbone', async () => {
    const terms = tf.tidy(loss);
    expect(Object.keys(terms)).not.toHaveLength(0);
    for (const [name, term] of Object.entries(terms)) {
      expect(term.shape, name).toEqual([]);
      expect((await term.data())[0], name).toSatisfy(Number.isFinite);
      const moved = await norms(context.params, () => loss()[name]!);
      for (const { name: param } of model.layout.entries) {
        if (!param.startsWith('backbone/')) continue;
        expect(moved[param], `${name} by ${param}`).toSatisfy(Number.isFinite);
        expect(moved[param], `${name} by ${param}`).toBeGreaterThan(0);
      }
    }
    dispose(terms);
  });

  test('its heads are moved, and no other', async () => {
    const total = () => Object.values(loss()).reduce<Tensor>((a, b) => tf.add(a, b), tf.scalar(0));
    const moved = Object.entries(await norms(context.params, total)).filter(([, norm]) => norm > 0);
    const headOf = (param: string) => /^head\/(\w+)\//.exec(param)?.[1] ?? 'backbone';
    const heads = new Set(moved.map(([param]) => headOf(param)));
    expect([...heads].sort()).toEqual(['backbone', ...objective.heads].sort());
  });

  test('no term is differentiated by the teacher', async () => {
    const names = Object.keys(tf.tidy(loss));
    for (const name of names)
      expect(await norms(context.teacher, () => loss()[name]!), name).toEqual({});
  });

  test('neither the beginning nor a step changes weights, teacher or images', async () => {
    const weights = received.get(objective)!;
    const images = digest(LABELLED.images);
    const other = await contextOf(of);
    const made = tf.tidy(() => objective.targets(other));
    dispose(tf.tidy(() => objective.loss(other, made)));
    expect(digest(await flatten(model.layout, other.params))).toBe(digest(weights));
    const teacher = await flatten(model.layout, other.teacher);
    expect(digest(teacher)).toBe(digest(weights.map(LESS)));
    expect(digest(LABELLED.images)).toBe(images);
    held(other, made).forEach(dispose);
  });

  test('a session of ten steps leaves no tensor behind', async () => {
    const counts = () => [tf.memory().numTensors, tf.engine().backend.numDataIds()];
    const before = counts();
    const session = await start(of);
    await run(session, 10, 0.05);
    session.dispose();
    expect(counts()).toEqual(before);
  });

  test('the same seed gives the same weights to the bit, another seed others', async () => {
    const learnt = async (seed: number) => {
      const session = await start(of, seed);
      await run(session, 5, 0.05);
      const weights = digest(await session.weights());
      session.dispose();
      return weights;
    };
    const first = await learnt(7);
    expect(await learnt(7)).toBe(first);
    expect(await learnt(8)).not.toBe(first);
  });

  test('its loss falls', async () => {
    const session = await start(of);
    const losses = await run(session, 40, 0.05);
    session.dispose();
    const mean = (some: number[]) => some.reduce((a, b) => a + b) / some.length;
    expect(losses.every(Number.isFinite)).toBe(true);
    // Means of ten: how much of a batch is kept makes one step's loss jump.
    expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)));
  });

  test('it can learn from some of the images, and reports finite numbers', async () => {
    const session = await start(of);
    expect(session.usable).toBeGreaterThan(0);
    expect(session.usable).toBeLessThanOrEqual(LABELLED.count);
    for (const [name, value] of Object.entries(session.report()))
      expect(value, name).toSatisfy(Number.isFinite);
    session.dispose();
  });
});
