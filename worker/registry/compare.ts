import type { Comparison } from '../../shared/api/schemas/versions.ts';
import { unpackImages, toLocalData } from '../../shared/images/image-set.ts';
import { largest } from '../../shared/math/largest.ts';
import { mcNemar, pair } from '../../shared/math/paired.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { encoderOf } from '../classify/cache.ts';
import type { Encoder } from '../classify/encoder.ts';
import { getBlob } from './blobs.ts';
import { findLive, recipeFor, type Db, type ProjectRow } from './projects.ts';
import { getAvailable, servedVersions, toVersion, type VersionRow } from './versions.ts';

/** Images of one comparison, at most: both networks look at each while the caller waits. */
const MOST = 2000;

/**
 * Two versions side by side, on the validation images.
 * @throws Problem 701, 711
 */
export async function compareVersions(
  env: { db: Db; bucket: R2Bucket },
  project: ProjectRow,
  numbers: readonly [number, number],
): Promise<Comparison> {
  const { db, bucket } = env;
  const [first, second] = [
    await getAvailable(db, project.id, numbers[0]),
    await getAvailable(db, project.id, numbers[1]),
  ];
  const set = unpackImages(await getBlob(bucket, 'images', project.validation));
  const data = sampled(toLocalData(set), MOST);
  const { classes } = recipeFor(project).model.spec;
  const answers = async ({ weights }: VersionRow) =>
    namedBy(await encoderOf(bucket, project, { version: 0, revision: 0, weights }), data, classes);
  const paired = pair(data.labels!, await answers(first), await answers(second), classes);
  const [live, served] = await Promise.all([
    findLive(db, project.id),
    servedVersions(db, project.id),
  ]);
  const { both, neither, same } = paired;
  return {
    versions: [toVersion(first, live, served), toVersion(second, live, served)],
    metrics: [first.card, second.card],
    images: data.count,
    accuracy: [(both + paired.first) / data.count, (both + paired.second) / data.count],
    agreement: same / data.count,
    counts: { both, first: paired.first, second: paired.second, neither },
    pValue: mcNemar(paired.first, paired.second),
    classes: paired.classes.map(({ items, ...right }, i) => ({
      name: project.classes[i]!,
      images: items,
      recall: [right.first / Math.max(items, 1), right.second / Math.max(items, 1)],
    })),
  };
}

/** The class that the network's own classifier names first, an image. */
async function namedBy(encoder: Encoder, data: LocalData, classes: number): Promise<number[]> {
  const { logits } = await encoder.infer(data.images, data.count);
  return Array.from({ length: data.count }, (_, i) => {
    const [first] = largest(logits.subarray(i * classes, (i + 1) * classes), 1);
    return first as number;
  });
}

/** At most so many images of a set, evenly spread over it: classes stand one after another there. */
export function sampled(data: LocalData, most: number): LocalData {
  if (data.count <= most) return data;
  const each = data.images.length / data.count;
  const images = new Float32Array(most * each);
  const labels = new Int32Array(most);
  for (let i = 0; i < most; i++) {
    const at = Math.floor((i * data.count) / most);
    images.set(data.images.subarray(at * each, (at + 1) * each), i * each);
    labels[i] = data.labels![at]!;
  }
  return { images, labels, count: most };
}
