/** Versions of a toy project that nobody has to train: weights sent in as files. */
import { expect, vi } from 'vitest';
import { SAFETENSORS_TYPE } from '../../shared/api/media.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import type { Task, Version } from '../../shared/api/schemas/versions.ts';
import { packSafetensors } from '../../shared/weights/safetensors.ts';
import type { TestEdge } from './edge.ts';
import { getProject, weightsOf } from './project.ts';
import { noise } from './volunteer.ts';

/** Waits for what a 202 announced. */
export async function taskDone(edge: TestEdge, project: string, { id }: Task): Promise<Task> {
  const ended = async () => {
    const task = await edge.admin.call('getTask', { params: { project, task: id } });
    return task.state === 'working' ? null : task;
  };
  return (await vi.waitUntil(ended, { timeout: 50_000, interval: 50 })) as Task;
}

export async function importFile(
  edge: TestEdge,
  project: string,
  bytes: Uint8Array,
  type: string = SAFETENSORS_TYPE,
): Promise<Task> {
  const options = { params: { project }, bytes, type };
  return taskDone(edge, project, await edge.admin.call('importVersion', options));
}

/** A version that lies so far from the live one, in the direction of a seed. */
export async function importNear(
  edge: TestEdge,
  project: string,
  norm: number,
  seed: number,
): Promise<number> {
  const { project: found } = await getProject(edge.anyone, project);
  const { layout } = recipeOf(found.plan, found.classes.length).model;
  const moved = noise(layout.size, norm, seed);
  const base = await weightsOf(edge.anyone, found.live!.weights);
  const bytes = packSafetensors(
    layout,
    base.map((value, i) => value + moved[i]!),
    {},
  );
  const { version, problem } = await importFile(edge, project, bytes);
  expect(problem).toBeNull();
  return version!;
}

/** Whatever its validation accuracy: a toy's differs by chance. */
export function forceLive(edge: TestEdge, project: string, version: number) {
  const params = { project, version: String(version) };
  return edge.admin.call('makeLive', { params, query: { force: 'true' } });
}

export async function versionNumbered(
  edge: TestEdge,
  project: string,
  number: number,
): Promise<Version> {
  const versions = await edge.anyone.call('listVersions', { params: { project } });
  return versions.find((one) => one.number === number)!;
}
