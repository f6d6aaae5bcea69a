import { createCanvas } from '@napi-rs/canvas';
import { Random } from '../../../shared/math/random.ts';
import type { Handwriting } from '../../data/handwriting/load.ts';
import { rowsOf } from '../../data/handwriting/load.ts';
import { pixelsOf } from '../../data/handwriting/project.ts';
import type { WriterSplit } from '../../data/handwriting/split.ts';
import type { Api } from '../../net/api.ts';

export type NovelResult = {
  classes: string[];
  queries: number;
  right: number;
  unknown: number;
  addSeconds: number;
};

const CLASSES = 5;
const SHOTS = 5;

/**
 * Adds five symbols that no network has been trained on, each from five drawings by five writers,
 * through the public API and as PNG files; then asks what the test writers' drawings of them are,
 * among all classes, the 36 of the model included.
 */
export async function addNovelClasses(
  api: Api,
  data: Handwriting,
  split: WriterSplit,
  seed: number,
): Promise<NovelResult> {
  const project = 'handwriting';
  const labels = [...new Set(data.labels)].filter((label) => label >= data.baseClasses);
  const chosen = new Random(seed).fork('novel').shuffle(labels).slice(0, CLASSES);
  const drawn = rowsOf(data, split.validation, { novel: true });
  const start = performance.now();
  for (const label of chosen) {
    const rows = drawn.filter((row) => data.labels[row] === label).slice(0, SHOTS);
    const examples = rows.map((row) => ({ image: Buffer.from(png(data, row)).toString('base64') }));
    await api.call('addClass', {
      params: { project },
      json: { name: data.classNames[label] as string, examples },
    });
  }
  const addSeconds = (performance.now() - start) / 1000;
  const asked = rowsOf(data, split.test, { novel: true }).filter((row) =>
    chosen.includes(data.labels[row] as number),
  );
  let [right, unknown] = [0, 0];
  for (const row of asked) {
    const answer = await api.call('classify', {
      params: { project },
      bytes: png(data, row),
      type: 'image/png',
    });
    if (answer.unknown) unknown++;
    else if (answer.label === data.classNames[data.labels[row] as number]) right++;
  }
  return {
    classes: chosen.map((label) => data.classNames[label] as string),
    queries: asked.length,
    right,
    unknown,
    addSeconds,
  };
}

/** The drawing as a PNG file, ink bright on black. */
function png(data: Handwriting, row: number): Uint8Array {
  const canvas = createCanvas(28, 28);
  const context = canvas.getContext('2d');
  const image = context.createImageData(28, 28);
  pixelsOf(data, [row]).forEach((value, i) => image.data.set([value, value, value, 255], i * 4));
  context.putImageData(image, 0, 0);
  return canvas.toBuffer('image/png');
}
