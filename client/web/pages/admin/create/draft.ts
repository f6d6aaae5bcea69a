import * as v from 'valibot';
import { PlanSchema, type Plan, type PlanInput } from '../../../../../shared/api/plan.ts';
import { recipeOf } from '../../../../../shared/api/recipe.ts';
import type { ChosenFile } from '../../../../data/files.ts';

/** One class of a project that is being made: its name, and files that are read when it is sent. */
export type DraftClass = { key: number; name: string; files: ChosenFile[] };

export type PlanFields = {
  net: string;
  objective: string;
  goal: number;
  deadlineSeconds: number;
  advanced: string;
};

/** What a form starts from: the plan's own defaults. */
export function defaultFields(): PlanFields {
  const { net, objective, round } = v.parse(PlanSchema, {});
  return {
    net,
    objective: objective.id,
    goal: round.goal,
    deadlineSeconds: round.deadlineSeconds,
    advanced: '',
  };
}

/** The plan that a form means, or what is wrong with it. Advanced settings go over the fields. */
export function planOf(
  fields: PlanFields,
  classes: number,
): { plan: PlanInput } | { error: string } {
  try {
    const extra: unknown = fields.advanced.trim() === '' ? {} : JSON.parse(fields.advanced);
    if (!isRecord(extra)) return { error: 'JSON: an object is wanted, { ... }' };
    const { net, objective, goal, deadlineSeconds } = fields;
    const plan = merge(
      { net, objective: { id: objective }, round: { goal, deadlineSeconds } },
      extra,
    );
    const parsed = v.safeParse(PlanSchema, plan);
    if (!parsed.success) return { error: v.summarize(parsed.issues) };
    recipeOf(parsed.output, Math.max(classes, 2));
    return { plan: plan as PlanInput };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** What the network of a plan reads, defaults filled in. */
export function inputOf(plan: PlanInput): Plan['input'] {
  return v.parse(PlanSchema, plan).input;
}

type Tree = Record<string, unknown>;

const isRecord = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `over` wins; objects are merged, anything else is replaced. */
function merge(under: Tree, over: Tree): Tree {
  const merged: Tree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isRecord(below) && isRecord(value) ? merge(below, value) : value;
  }
  return merged;
}

/** Every `every`-th image is kept for validation; 0 keeps none. */
export function splitValidation<T>(
  images: readonly T[],
  every: number,
): { examples: T[]; validation: T[] } {
  const held = (i: number) => every > 1 && i % every === every - 1;
  return {
    examples: images.filter((_, i) => !held(i)),
    validation: images.filter((_, i) => held(i)),
  };
}

/** All files in one list, each below its row's number: then one thread reads them all. */
export function numbered(classes: readonly DraftClass[]): ChosenFile[] {
  return classes.flatMap(({ files }, row) =>
    files.map(({ path, blob }) => ({ path: `${row}/${path}`, blob })),
  );
}

/** The row that a path of `numbered` belongs to. */
export const rowOf = (path: string): number => Number.parseInt(path, 10);

/** A title as a short name: "Leaves of Seoul!" -> "leaves-of-seoul". */
export function slugOf(title: string): string {
  return (
    title
      .normalize('NFKD')
      .toLowerCase()
      // An accent stands apart now, and is not to become a hyphen.
      .replace(/\p{M}+/gu, '')
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 48)
  );
}
