import { toLocalData, unpackImages } from '../../shared/images/image-set.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { getBlob } from '../registry/blobs.ts';
import type { ProjectRow } from '../registry/projects.ts';

/** What the server learns from, and what it judges by. */
export type Sets = { seed: LocalData; validation: LocalData };

export async function loadSets(bucket: R2Bucket, project: ProjectRow): Promise<Sets> {
  const load = async (hash: string) =>
    toLocalData(unpackImages(await getBlob(bucket, 'images', hash)));
  return { seed: await load(project.seed), validation: await load(project.validation) };
}
