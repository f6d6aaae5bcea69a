import type { InferOutput } from 'valibot';
import { recipeOf } from '../../shared/api/recipe.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { ImageInput } from '../../shared/api/schemas/images.ts';
import type { NewProjectSchema } from '../../shared/api/schemas/projects.ts';
import { packImages, type ImageSet } from '../../shared/images/image-set.ts';
import type { InputSpec } from '../../shared/nn/net.ts';
import { readImages } from '../classify/read.ts';
import { classes, projects } from '../db/schema.ts';
import { putBlob } from './blobs.ts';
import { isTaken } from './change.ts';
import type { Db, ProjectRow } from './projects.ts';

type NewProject = InferOutput<typeof NewProjectSchema>;

/**
 * Writes a project down: its labelled sets in R2 first, then all rows at once. Every image is read
 * before anything is written, so a bad one leaves nothing behind.
 * @throws Problem 302 the id is taken, 303 the plan cannot work, 304 too few images, 501-503 a bad image.
 */
export async function createProject(
  db: Db,
  bucket: R2Bucket,
  request: NewProject,
): Promise<ProjectRow> {
  const { id, title, description, plan } = request;
  const names = request.classes.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Problem(304, `the class "${twice}" is named twice`);
  recipeOf(plan, names.length);
  const seed = await labelled(request, plan.input, 'examples');
  const validation = await labelled(request, plan.input, 'validation');
  const row: ProjectRow = {
    ...{ id, title, description, plan, classes: names, createdAt: Date.now() },
    seed: await putBlob(bucket, 'images', packImages(joined(seed))),
    validation: await putBlob(bucket, 'images', packImages(joined(validation))),
  };
  const supports = await Promise.all(
    seed.map(async (set, i) => ({
      ...{ id: crypto.randomUUID(), project: id, name: names[i] as string, kind: 'base' as const },
      ...{
        support: await putBlob(bucket, 'images', packImages(set)),
        examples: set.count,
        addedIn: 1,
      },
    })),
  );
  try {
    await db.batch([
      db.insert(projects).values(row),
      ...supports.map((s) => db.insert(classes).values(s)),
    ]);
  } catch (error) {
    if (isTaken(error, 'projects.id')) throw new Problem(302, `there is a project "${id}" already`);
    throw error;
  }
  return row;
}

/** One set a class. Every class needs examples; validation images are needed only in all. */
async function labelled(
  request: NewProject,
  input: InputSpec,
  part: 'examples' | 'validation',
): Promise<ImageSet[]> {
  const sets: ImageSet[] = [];
  for (const [label, entry] of request.classes.entries()) {
    const images: ImageInput[] = entry[part];
    if (part === 'examples' && images.length === 0)
      throw new Problem(304, `the class "${entry.name}" has no example`);
    const pixels = await readImages(images, input);
    sets.push({ pixels, count: images.length, labels: new Uint16Array(images.length).fill(label) });
  }
  if (sets.every(({ count }) => count === 0))
    throw new Problem(304, 'no class has validation images, so no version could be judged');
  return sets;
}

function joined(sets: ImageSet[]): ImageSet {
  const count = sets.reduce((sum, set) => sum + set.count, 0);
  const pixels = new Uint8Array(sets.reduce((sum, set) => sum + set.pixels.length, 0));
  const labels = new Uint16Array(count);
  let [at, row] = [0, 0];
  for (const set of sets) {
    pixels.set(set.pixels, at);
    labels.set(set.labels, row);
    at += set.pixels.length;
    row += set.count;
  }
  return { pixels, labels, count };
}
