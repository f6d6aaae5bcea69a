import type { Recipe } from '../../shared/api/recipe.ts';
import { open } from '../../shared/weights/codec.ts';
import { addScaled } from '../../shared/weights/delta.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import { imagesOf, messageFor, type Acknowledged } from './crash-volunteer.ts';

/**
 * What a round must come to, made offline from the acknowledged deltas alone: each shard's in the
 * order that the receipts name, the shards in theirs.
 * @returns SHA-256 of the weights, as the edge names them
 */
export async function referenceOf(
  { model, pipeline }: Recipe,
  base: Float32Array,
  acknowledged: readonly Acknowledged[],
): Promise<string> {
  const { layout } = model;
  const shards = [...new Set(acknowledged.map(({ receipt }) => receipt.shard))].sort(
    (a, b) => a - b,
  );
  const sources = shards.map((shard) => {
    const tally = pipeline.begin(layout.size);
    for (const { volunteer, assignment, receipt } of inOrder(acknowledged, shard)) {
      const message = messageFor(volunteer, assignment, layout.size);
      const { staleness } = receipt;
      tally.add(open(message, { count: layout.size }), imagesOf(volunteer), { staleness });
    }
    return tally;
  });
  const mean = await pipeline.combine(sources, { layout, base });
  const weights = base.slice();
  addScaled(weights, pipeline.step(mean).step, 1);
  return sha256Hex(new Uint8Array(weights.buffer));
}

function inOrder(acknowledged: readonly Acknowledged[], shard: number): Acknowledged[] {
  return acknowledged
    .filter(({ receipt }) => receipt.shard === shard)
    .sort((a, b) => a.receipt.position - b.receipt.position);
}
