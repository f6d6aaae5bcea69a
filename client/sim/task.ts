import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { PlanInput } from '../../shared/api/plan.ts';
import { toUnit } from '../../shared/images/image-set.ts';
import { Random, range } from '../../shared/math/random.ts';
import { pickRows } from '../../shared/math/rows.ts';
import type { InputSpec } from '../../shared/nn/net.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { loadHandwriting, rowsOf, type Handwriting } from '../data/handwriting/load.ts';
import { HANDWRITING_PLAN } from '../data/handwriting/plan.ts';
import { imagesOf, seedRows } from '../data/handwriting/project.ts';
import { splitWriters } from '../data/handwriting/split.ts';
import { decodeIdx } from '../data/idx.ts';
import { loadImages } from '../data/image-files.ts';
import type { Dealt } from './partition.ts';

type Input = NonNullable<PlanInput['input']>;
export type Labelled = LocalData & { labels: Int32Array };

/** Something for a crowd to learn: what the server holds, what is dealt to volunteers, what judges. */
export type Task = {
  classes: number;
  /** The server's labelled seed set. */
  labelled: Labelled;
  crowd: Labelled & Dealt;
  /** To choose settings by; `test` is for final figures only. */
  validation: Labelled;
  test: Labelled;
  plan: PlanInput;
};

/** One labelled writer at the server, 40 writers' drawings for the crowd, 7 to judge by and 16 to test. */
export function handwritingTask(seed: number): Task {
  const data = loadHandwriting();
  const split = splitWriters(seed);
  const crowd = rowsOf(data, split.shards.flat());
  const images = (rows: number[]) => imagesOf(data, rows) as Labelled;
  return {
    ...{ classes: data.baseClasses, plan: HANDWRITING_PLAN },
    labelled: images(seedRows(data, split)),
    crowd: { ...images(crowd), writers: writersOf(data, crowd) },
    validation: images(rowsOf(data, split.validation)),
    test: images(rowsOf(data, split.test)),
  };
}

function writersOf({ writers }: Handwriting, rows: readonly number[]): Int32Array {
  return Int32Array.from(rows, (row) => writers[row] as number);
}

/** Of what is no test image, for validation. */
const VALIDATION = 0.1;
/** Of a folder that has no test images of its own, for testing. */
const TEST = 0.2;

/**
 * A folder of IDX files as MNIST's are called, packed by gzip or not; or one folder of pictures a
 * class. `labels` images a class are the server's, the rest is dealt out.
 * @throws when there are no such files, or too few images of a class
 */
export async function folderTask(
  folder: string,
  { input, seed, labels }: { input: Input; seed: number; labels: number },
): Promise<Task> {
  const random = new Random(seed).fork('task');
  const isIdx = findIdx(folder, ['train'], 'images') !== undefined;
  const [all, tests] = isIdx
    ? [readIdx(folder, ['train']), readIdx(folder, ['t10k', 'test'])]
    : [await readFolders(folder, input), undefined];
  const classes = all.labels.reduce((most, label) => Math.max(most, label + 1), 0);
  const order = random.shuffle(range(all.count));
  const test = tests ? [] : order.splice(0, Math.round(TEST * all.count));
  const validation = order.splice(0, Math.round(VALIDATION * order.length));
  const labelled = range(classes).flatMap((label) => {
    const some = order.filter((row) => all.labels[row] === label).slice(0, labels);
    if (some.length < labels)
      throw new Error(
        `${folder}: class ${label} has ${some.length} images left for ${labels} labels`,
      );
    return some;
  });
  const known = new Set(labelled);
  const crowd = pick(
    all,
    order.filter((row) => !known.has(row)),
  );
  return {
    ...{ classes, plan: { ...HANDWRITING_PLAN, input } },
    ...{ labelled: pick(all, labelled), crowd: { ...crowd, writers: null } },
    ...{ validation: pick(all, validation), test: tests ?? pick(all, test) },
  };
}

function findIdx(folder: string, parts: string[], what: string): string | undefined {
  return existsSync(folder)
    ? readdirSync(folder).find((file) => parts.some((part) => file.startsWith(`${part}-${what}`)))
    : undefined;
}

function readIdx(folder: string, parts: string[]): Labelled {
  const read = (what: string) => {
    const file = findIdx(folder, parts, what);
    if (!file) throw new Error(`${folder}: has no file ${parts.join('- or ')}-${what}...`);
    const bytes = readFileSync(join(folder, file));
    return decodeIdx(file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  };
  const { shape, data } = read('images');
  const labels = Int32Array.from(read('labels').data);
  const count = shape[0] as number;
  if (!(data instanceof Uint8Array) || labels.length !== count)
    throw new Error(
      `${folder}: ${count} images and ${labels.length} labels do not belong together`,
    );
  return { images: toUnit(data), count, labels };
}

async function readFolders(folder: string, input: InputSpec): Promise<Labelled> {
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory())
    : [];
  if (names.length < 2)
    throw new Error(`${folder}: holds neither IDX files (train-images...) nor a folder a class`);
  const parts: LocalData[] = [];
  for (const name of names.sort()) parts.push(await loadImages(join(folder, name), input));
  const labels = parts.flatMap(({ count }, label) => Array<number>(count).fill(label));
  const images = new Float32Array(parts.reduce((sum, part) => sum + part.images.length, 0));
  let at = 0;
  for (const part of parts) {
    images.set(part.images, at);
    at += part.images.length;
  }
  return { images, count: labels.length, labels: Int32Array.from(labels) };
}

/** Some rows, copied, labels and all. */
export function pick({ images, count, labels }: Labelled, rows: readonly number[]): Labelled {
  const each = count === 0 ? 0 : images.length / count;
  return {
    images: pickRows(images, rows, each),
    count: rows.length,
    labels: Int32Array.from(rows, (row) => labels[row] as number),
  };
}
