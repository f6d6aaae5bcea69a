import type { Card } from '../../shared/api/schemas/versions.ts';
import type { Calibration } from '../../shared/fewshot/calibrate.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import type { Encoder, Inferred } from '../classify/encoder.ts';
import { recipeFor, type ProjectRow } from '../registry/projects.ts';
import { calibrationOf } from './calibrate.ts';
import type { Run } from './run.ts';
import type { Sets } from './sets.ts';

/** Images between two looks at the clock. */
const GROUP = 64;

export type Evaluated = { calibration: Calibration; card: Card };

/** What a version's numbers mean and how good it is, measured on the project's labelled sets. */
export async function* evaluate(
  project: ProjectRow,
  encoder: Encoder,
  { seed, validation }: Sets,
): Run<Evaluated> {
  const total = seed.count + validation.count;
  const inferred = new Map<Float32Array, Inferred>();
  let done = 0;
  for (const set of [seed, validation]) {
    const parts: Inferred[] = [];
    for (const part of groups(set)) {
      parts.push(await encoder.infer(part.images, part.count));
      done += part.count;
      yield done / total;
    }
    inferred.set(set.images, joined(parts));
  }
  // Calibration asks for whole sets: they have been looked at by now.
  const known: Encoder = { ...encoder, infer: async (images) => inferred.get(images)! };
  const { classes } = recipeFor(project).model.spec;
  return calibrationOf(known, project.plan, seed, validation, classes);
}

/** A set in parts of so many images; the last one may be smaller. */
export function* groups({
  images,
  count,
}: LocalData): Generator<{ images: Float32Array; count: number }> {
  const each = images.length / count;
  for (let from = 0; from < count; from += GROUP) {
    const to = Math.min(from + GROUP, count);
    yield { images: images.subarray(from * each, to * each), count: to - from };
  }
}

function joined(parts: readonly Inferred[]): Inferred {
  const join = (part: keyof Inferred) => {
    const all = new Float32Array(parts.reduce((sum, one) => sum + one[part].length, 0));
    let at = 0;
    for (const one of parts) {
      all.set(one[part], at);
      at += one[part].length;
    }
    return all;
  };
  return { embeddings: join('embeddings'), lengths: join('lengths'), logits: join('logits') };
}
