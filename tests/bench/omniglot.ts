import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decodeIdx } from '../../client/data/idx.ts';
import { pick, type Labelled } from '../../client/sim/task.ts';
import { toUnit } from '../../shared/images/image-set.ts';
import { range } from '../../shared/math/random.ts';
import type { InputSpec } from '../../shared/nn/net.ts';

/** Characters to learn from, and others to judge by. */
export type Split = { train: Labelled; test: Labelled; input: InputSpec };

const INPUT: InputSpec = { size: 28, channels: 1 };
const PIXELS = INPUT.size ** 2;

/**
 * Omniglot (Lake et al. 2015). `lake`: the 30 background alphabets against the 20 others, which stand
 * upright. `vinyals`: 1,200 characters against 423 with their rotations, as in Vinyals et al. 2016; the
 * alphabets are the same on both sides, so it is easier. Learnt from are all quarter turns of a
 * character, each a class of its own.
 * @param folder that `omniglot/` lies in @throws when it does not
 */
export function omniglot(folder: string | undefined, split: 'lake' | 'vinyals'): Split {
  const root = join(folder ?? '', 'omniglot');
  if (folder === undefined || !existsSync(root))
    throw new Error(`${root} is not there: --data names a folder with omniglot/ in it`);
  const background = part(root, 'background');
  const evaluation = part(root, 'evaluation');
  if (split === 'lake') return { train: turned(background), test: evaluation, input: INPUT };
  const all = joined([background, evaluation]);
  const classes = JSON.parse(readFileSync(join(root, 'classes.json'), 'utf8')) as {
    vinyals: string;
  }[];
  const rows = (isTest: boolean) =>
    range(all.count).filter((row) => (classes[all.labels[row]!]!.vinyals === 'test') === isTest);
  return {
    train: turned(pick(all, rows(false))),
    test: turned(pick(all, rows(true))),
    input: INPUT,
  };
}

function part(root: string, name: string): Labelled {
  const read = (file: string) => decodeIdx(gunzipSync(readFileSync(join(root, file))));
  const images = read(`${name}-images.idx3-ubyte.gz`);
  const labels = Int32Array.from(read(`${name}-labels.idx1-short.gz`).data);
  return { images: toUnit(images.data as Uint8Array), count: labels.length, labels };
}

function joined(parts: readonly Labelled[]): Labelled {
  const images = new Float32Array(parts.reduce((sum, one) => sum + one.images.length, 0));
  let at = 0;
  for (const one of parts) {
    images.set(one.images, at);
    at += one.images.length;
  }
  const labels = Int32Array.from(parts.flatMap((one) => [...one.labels]));
  return { images, count: labels.length, labels };
}

/** All four quarter turns of every image, each turn of a character a class of its own. */
function turned(upright: Labelled): Labelled {
  const last = INPUT.size - 1;
  const turn = (one: Labelled, by: number): Labelled => {
    const images = new Float32Array(one.images.length);
    for (let start = 0; start < images.length; start += PIXELS)
      for (let y = 0; y <= last; y++)
        for (let x = 0; x <= last; x++)
          images[start + y * INPUT.size + x] = one.images[start + x * INPUT.size + last - y]!;
    const labels = upright.labels.map((label) => 4 * label + by);
    return { images, count: one.count, labels };
  };
  const parts: Labelled[] = [{ ...upright, labels: upright.labels.map((label) => 4 * label) }];
  for (let by = 1; by < 4; by++) parts.push(turn(parts[by - 1]!, by));
  return joined(parts);
}
