import { eq } from 'drizzle-orm';
import type { ModelCard } from '../../shared/api/schemas/versions.ts';
import { preparationOf } from '../../shared/images/preparation.ts';
import { versions } from '../db/schema.ts';
import type { Env } from '../env.ts';
import { findLive, openDb, recipeFor, type ProjectRow } from './projects.ts';
import { servedVersions, toVersion, type VersionRow } from './versions.ts';

/** Everything there is to know of a version, put together from where it is kept. */
export async function cardOf(env: Env, project: ProjectRow, row: VersionRow): Promise<ModelCard> {
  const db = openDb(env.DB);
  const [live, served, parents, rounds] = await Promise.all([
    findLive(db, project.id),
    servedVersions(db, project.id),
    db
      .select({ number: versions.number, parent: versions.parent })
      .from(versions)
      .where(eq(versions.project, project.id)),
    env.COORDINATOR.getByName(project.id).rounds(),
  ]);
  const { id, title, description, plan } = project;
  const { model } = recipeFor(project);
  const training = rounds.find(({ candidateVersion }) => candidateVersion === row.number);
  const { size, channels } = plan.input;
  return {
    ...toVersion(row, live, served),
    project: { id, title, description },
    lineage: lineageOf(row.parent, new Map(parents.map(({ number, parent }) => [number, parent]))),
    training: training ?? null,
    plan,
    input: {
      shape: [null, size, size, channels],
      range: [0, 1],
      preparation: preparationOf(plan.input),
    },
    output: { features: model.features, classes: project.classes },
    sizes: { parameters: model.layout.size, bytes: 4 * model.layout.size },
    metrics: row.card,
    calibration: row.calibration,
  };
}

/** From a version's parent to the first. */
export function lineageOf(
  parent: number | null,
  parents: ReadonlyMap<number, number | null>,
): number[] {
  const line: number[] = [];
  // A parent is always older than its child, so this ends.
  for (let at = parent; at !== null; at = parents.get(at) ?? null) line.push(at);
  return line;
}
