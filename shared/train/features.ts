import type { Points } from '../math/k-means.ts';
import { range } from '../math/random.ts';
import { l2Normalise } from '../nn/layers.ts';
import type { Params, Tensor2D, Tf } from '../nn/params.ts';
import type { Model } from '../nn/model.ts';
import type { ViewName } from '../views/index.ts';
import type { RoundContext } from '../objectives/contract.ts';

/** Images that are embedded at a time: what their activations take has to fit into a tab. */
const CHUNK = 128;

type Round = Pick<RoundContext<unknown>, 'tf' | 'model' | 'params' | 'view' | 'data'>;

/** A chunk of images, some way from the embedding on. */
type Through = (images: Tensor2D, tf: Tf, model: Model, params: Params) => Tensor2D;

/** Behind the projector, of unit length: what the contrastive objectives compare. */
export const projected: Through = (z, tf, model, params) =>
  l2Normalise(tf, model.head(tf, 'proj', params, z));

/** What the backbone makes of every local image, by the received weights; read back, for what is done in plain numbers. */
export async function featuresOf(
  round: Round,
  view: ViewName,
  through: Through = (z) => z,
): Promise<Points> {
  const parts: Float32Array[] = [];
  for (const rows of chunks(round.data.count)) {
    const made = round.tf.tidy(() => embedded(round, view, rows, through));
    parts.push((await made.data()) as Float32Array);
    made.dispose();
  }
  const { count } = round.data;
  const dim = parts[0]!.length / Math.min(CHUNK, count);
  const data = new Float32Array(count * dim);
  parts.forEach((part, i) => data.set(part, i * CHUNK * dim));
  return { data, count, dim };
}

/** The same of some rows, as one tensor that stays on the backend: for an objective's `memory`. */
export function embeddedRows(
  round: Round,
  view: ViewName,
  rows: readonly number[],
  through: Through,
): Tensor2D {
  const { tf } = round;
  const parts = chunks(rows.length).map((places) =>
    tf.tidy(() =>
      embedded(
        round,
        view,
        places.map((place) => rows[place]!),
        through,
      ),
    ),
  );
  return tf.concat(parts, 0);
}

function embedded(
  { tf, model, params, view: make }: Round,
  view: ViewName,
  rows: readonly number[],
  through: Through,
): Tensor2D {
  return through(model.embed(tf, params, make(view, rows)), tf, model, params);
}

function chunks(count: number): number[][] {
  return range(Math.ceil(count / CHUNK)).map((i) =>
    range(Math.min(CHUNK, count - i * CHUNK)).map((k) => i * CHUNK + k),
  );
}
