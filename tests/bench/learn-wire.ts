import { SCHEMES, type SchemeId } from '../../shared/weights/schemes/index.ts';
import type { Bench } from './run.ts';
import { accuracyAfter, handwriting } from './task.ts';

/**
 * What a scheme's losses cost the student: the same rounds from the same seeds, the deltas encoded by
 * each scheme in turn (biased ones with error feedback). float32 comes first, the yardstick of the rest.
 * Two runs that differ in a rounding alone drift apart like two seeds do: LossPoints of one seed are
 * noise of a point or so, and the mean is what to read.
 * `--schemes int8,onebit` leaves the others out.
 * @returns `wire<Scheme>Seed<n>` and `wire<Scheme>Mean`, shares recognised; `wire<Scheme>LossPoints`,
 *   float32's mean less the scheme's, in percentage points
 */
export const learnWire: Bench = async ({ options, say }) => {
  const seeds = (options['seeds'] ?? '1,2,3').split(',').map(Number);
  const all = Object.keys(SCHEMES) as SchemeId[];
  const wanted = options['schemes']?.split(',') ?? all;
  const figures: Record<string, number> = {};
  for (const id of all.filter((one) => one === 'float32' || wanted.includes(one))) {
    const shares: number[] = [];
    for (const seed of seeds) {
      const task = handwriting(seed);
      const share = await accuracyAfter({ ...task, plan: { ...task.plan, codec: id } }, seed);
      shares.push(share);
      figures[`${keyOf(id)}Seed${seed}`] = share;
      say(`${id}, seed ${seed}: ${share.toFixed(4)}`);
    }
    const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
    figures[`${keyOf(id)}Mean`] = mean;
    figures[`${keyOf(id)}LossPoints`] = 100 * (figures['wireFloat32Mean']! - mean);
  }
  return { seeds, figures };
};

/** `onebit` is `wireOnebit` in the figures. */
function keyOf(id: SchemeId): string {
  return `wire${id.charAt(0).toUpperCase()}${id.slice(1)}`;
}
