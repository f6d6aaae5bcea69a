import type { NewProject } from '../../../shared/api/schemas/projects.ts';
import type { PlanInput } from '../../../shared/api/plan.ts';
import { toUnit } from '../../../shared/images/image-set.ts';
import type { LocalData } from '../../../shared/objectives/contract.ts';
import type { Handwriting } from './load.ts';
import { rowsOf } from './load.ts';
import type { WriterSplit } from './split.ts';

const PIXELS = 28 * 28;

/** The images of some rows as a learner reads them, labels and all: who may see labels is up to the caller. */
export function imagesOf(data: Handwriting, rows: readonly number[]): LocalData {
  return {
    images: toUnit(pixelsOf(data, rows)),
    count: rows.length,
    labels: Int32Array.from(rows, (row) => data.labels[row] as number),
  };
}

/** The same as bytes, one image after another. */
export function pixelsOf({ images }: Handwriting, rows: readonly number[]): Uint8Array {
  const pixels = new Uint8Array(rows.length * PIXELS);
  rows.forEach((row, i) =>
    pixels.set(images.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS),
  );
  return pixels;
}

/** The seed set in the order in which the edge keeps it: class by class. */
export function seedRows(data: Handwriting, split: WriterSplit): number[] {
  const label = (row: number) => data.labels[row] as number;
  return rowsOf(data, split.labelled).sort((a, b) => label(a) - label(b) || a - b);
}

/** What an admin would send to create the project *handwriting*: the seed writers' and the validation writers' drawings. */
export function newProject(data: Handwriting, split: WriterSplit, plan: PlanInput): NewProject {
  const seed = seedRows(data, split);
  const validation = rowsOf(data, split.validation);
  const drawings = (rows: number[], label: number) =>
    rows.filter((row) => data.labels[row] === label).map((row) => drawing(data, row));
  return {
    id: 'handwriting',
    title: 'Handwriting',
    description:
      'Letters and digits in many hands. One writer is labelled; the crowd brings the others.',
    plan,
    classes: data.classNames.slice(0, data.baseClasses).map((name, label) => ({
      name,
      examples: drawings(seed, label),
      validation: drawings(validation, label),
    })),
  };
}

/** One drawing as the API takes it: the pixels that the network reads. */
export function drawing(data: Handwriting, row: number): { pixels: string } {
  const bytes = pixelsOf(data, [row]);
  return { pixels: btoa(String.fromCharCode(...bytes)) };
}
