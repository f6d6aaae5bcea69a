import type { Context } from 'hono';
import type { App, Handlers } from '../handler.ts';
import { getWeights } from '../registry/blobs.ts';
import { cardOf } from '../registry/cards.ts';
import { asGraph, asSafetensors, asZip, type Source } from '../registry/export.ts';
import { getProject, openDb, recipeFor } from '../registry/projects.ts';
import { getAvailable } from '../registry/versions.ts';
import { published, weightsResponse } from './published.ts';
import { numberOf } from './versions.ts';

export const exports: Handlers<
  'exportSafetensors' | 'exportZip' | 'exportGraph' | 'exportGraphWeights' | 'exportGraphConstants'
> = {
  async exportSafetensors(c) {
    return published(asSafetensors(await sourceOf(c)));
  },

  async exportZip(c) {
    return published(asZip(await sourceOf(c)));
  },

  async exportGraph(c) {
    return published(asGraph(await describedOf(c)).json);
  },

  async exportGraphWeights(c) {
    const db = openDb(c.env.DB);
    const { id } = await getProject(db, c.req.param('project') as string);
    const { weights } = await getAvailable(db, id, numberOf(c.req.param('version') as string));
    return weightsResponse(c.env.BLOBS, weights);
  },

  async exportGraphConstants(c) {
    return published(asGraph(await describedOf(c)).constants);
  },
};

async function describedOf(c: Context<App>): Promise<Pick<Source, 'model' | 'card'>> {
  const db = openDb(c.env.DB);
  const project = await getProject(db, c.req.param('project') as string);
  const row = await getAvailable(db, project.id, numberOf(c.req.param('version') as string));
  return { model: recipeFor(project).model, card: await cardOf(c.env, project, row) };
}

async function sourceOf(c: Context<App>): Promise<Source> {
  const described = await describedOf(c);
  return { ...described, weights: await getWeights(c.env.BLOBS, described.card.weights) };
}
