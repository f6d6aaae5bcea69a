import * as v from 'valibot';
import { createPipeline, type Pipeline } from '../aggregation/pipeline.ts';
import type { HeadName } from '../nn/heads/index.ts';
import { NETS } from '../nn/index.ts';
import { createModel, type Model, type ModelSpec } from '../nn/model.ts';
import { needsLabels, type Objective } from '../objectives/contract.ts';
import { OBJECTIVES, type ObjectiveId } from '../objectives/index.ts';
import { askedFor, MOST_ASKED, shardsOf } from '../rounds/shards.ts';
import type { ViewName } from '../views/index.ts';
import type { ParamSpec } from '../weights/layout.ts';
import type { Plan } from './plan.ts';
import { Problem } from './problem.ts';

/** A plan whose parts are known to fit together: what both sides build a round from. */
export type Recipe = {
  plan: Plan;
  model: Model;
  objective: Objective;
  settings: unknown;
  /** What the server learns by from its labelled images. */
  server: { objective: Objective; settings: unknown };
  pipeline: Pipeline;
};

/** @throws Problem 303 when the parts do not fit: an impossible round, bad settings, a net that cannot read the images. */
export function recipeOf(plan: Plan, classes: number): Recipe {
  const { objective, settings } = chosen(plan.objective);
  const server = chosen(plan.server.objective);
  if (needsLabels(objective, settings))
    throw new Problem(303, `objective ${plan.objective.id} needs labels, and volunteers have none`);
  if (NETS[plan.net].ofBatch)
    throw new Problem(
      303,
      `net ${plan.net} needs a batch to normalise by, and the edge classifies single images`,
    );
  if (plan.round.minimum > plan.round.goal)
    throw new Problem(
      303,
      `round: the minimum ${plan.round.minimum} is above the goal ${plan.round.goal}`,
    );
  const most = shardsOf(plan) * MOST_ASKED;
  if (askedFor(plan.round) > most)
    throw new Problem(
      303,
      `round: goal ${plan.round.goal} x overSelection ${plan.round.overSelection} asks more than ` +
        `the ${most} volunteers that ${shardsOf(plan)} shards carry; raise shards, or leave it out`,
    );
  const both = [objective, server.objective];
  const heads = [...new Set<HeadName>(['cls', ...both.flatMap((of) => of.heads)])];
  const pipeline = createPipeline(plan.aggregation, { ...plan.round, shards: shardsOf(plan) });
  try {
    const spec = { net: plan.net, input: plan.input, classes, heads };
    const unfit = both.flatMap((of) => of.needs?.(spec) ?? [])[0];
    if (unfit !== undefined) throw new Error(unfit);
    const own = ownOf([{ objective, settings }, server], spec);
    const model = createModel({
      ...spec,
      own,
      frozen: plan.frozen,
      unsent: objective.unsent ?? [],
    });
    pipeline.assertReadable(model.sent.layout);
    return { plan, model, objective, settings, server, pipeline };
  } catch (error) {
    throw new Problem(303, (error as Error).message, { cause: error });
  }
}

/**
 * What the objectives bring beside net and heads, once where both bring it.
 * @throws when the same parameter has another shape in each
 */
function ownOf(both: readonly Recipe['server'][], spec: ModelSpec): ParamSpec[] {
  const own = new Map<string, ParamSpec>();
  for (const { objective, settings } of both)
    for (const one of objective.parameters?.(spec, settings) ?? []) {
      const shape = own.get(one.name)?.shape ?? one.shape;
      if (shape.join() !== one.shape.join())
        throw new Error(
          `"${one.name}" is [${shape}] for the volunteers and [${one.shape}] for the server: their settings differ`,
        );
      own.set(one.name, one);
    }
  return [...own.values()];
}

/** @throws Problem 303 when the settings are not the objective's, or it has no such view. */
function chosen({ id, settings: given, views }: Plan['objective']): Recipe['server'] {
  const objective = withViews(id, views);
  const settings = v.safeParse(objective.config, given);
  if (!settings.success) throw new Problem(303, `objective ${id}: ${v.summarize(settings.issues)}`);
  return { objective, settings: settings.output };
}

/** The objective itself, where nothing is changed. */
function withViews(id: ObjectiveId, views: Record<string, ViewName>): Objective {
  const objective: Objective = OBJECTIVES[id];
  const unknown = Object.keys(views).find((name) => !(name in objective.views));
  if (unknown !== undefined) {
    const known = Object.keys(objective.views).join(', ');
    throw new Problem(303, `objective ${id} has no view "${unknown}"; it has ${known}`);
  }
  if (Object.keys(views).length === 0) return objective;
  return { ...objective, views: { ...objective.views, ...views } };
}
