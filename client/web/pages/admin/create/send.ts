import { SlugSchema } from '../../../../../shared/api/schemas/fields.ts';
import { type NewProject, type Project } from '../../../../../shared/api/schemas/projects.ts';
import { firstOf } from '../../../../data/local-data.ts';
import type { Skipped } from '../../../../data/files.ts';
import { exampleOf } from '../../../parts/example.ts';
import { adminApi } from '../../../parts/token.tsx';
import { prepare } from '../../../thread/prepare.ts';
import * as v from 'valibot';
import { inputOf, numbered, rowOf, splitValidation, type DraftClass } from './draft.ts';

export type Draft = Pick<NewProject, 'id' | 'title' | 'description'> & {
  plan: NonNullable<NewProject['plan']>;
  classes: DraftClass[];
  validationEvery: number;
};

export const isSlug = (id: string): boolean => v.is(SlugSchema, id);

/** Reads the images as the plan's network will, and creates the project. @throws Problem, Unreachable */
export async function sendProject(
  { classes, validationEvery, ...project }: Draft,
  onProgress: (done: number, total: number) => void,
): Promise<{ project: Project; skipped: Skipped[] }> {
  const input = inputOf(project.plan);
  const { data, used, skipped } = await prepare(numbered(classes), input, onProgress);
  const images = firstOf(data, input, data.count).map(exampleOf);
  const labelled = classes.map(({ name }, row) => {
    const own = images.filter((_, i) => rowOf(used[i] as string) === row);
    return { name: name.trim(), ...splitValidation(own, validationEvery) };
  });
  const created = await adminApi().call('createProject', {
    json: { ...project, classes: labelled },
  });
  const named = skipped.map(({ path, reason }) => ({ path: path.replace(/^\d+\//, ''), reason }));
  return { project: created, skipped: named };
}
