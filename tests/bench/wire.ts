import { Random } from '../../shared/math/random.ts';
import { encode, open } from '../../shared/weights/codec.ts';
import { norm, subtract } from '../../shared/weights/delta.ts';
import { SCHEMES, type SchemeId } from '../../shared/weights/schemes/index.ts';

const SEED = 20_240_601;
const COUNT = 1_000_000;
const LAYERS = 20;
const REPEATS = 5;

/**
 * What a delta weighs on the wire, what it loses, and how fast it goes in and out, per scheme.
 * Speeds are in MB of float32 a second, so that schemes compare: `Encode` is what a tab does,
 * `Decode` what a shard does with an upload (check it, then add it to a float64 sum).
 * @returns `<id>BytesPerParameter`, `<id>RelativeError` (L2), `<id>EncodeMBps`, `<id>DecodeMBps`
 */
export async function wire(): Promise<{ seeds: number[]; figures: Record<string, number> }> {
  const delta = heavyTailed(new Random(SEED));
  const figures: Record<string, number> = {};
  for (const id of Object.keys(SCHEMES) as SchemeId[]) {
    const random = new Random(SEED);
    const bytes = encode(id, delta, random);
    const sum = new Float64Array(COUNT);
    const lost = subtract(open(bytes, { count: COUNT, scheme: id }).decode(), delta);
    figures[`${id}BytesPerParameter`] = bytes.length / COUNT;
    figures[`${id}RelativeError`] = norm(lost) / norm(delta);
    figures[`${id}EncodeMBps`] = megabytesPerSecond(() => encode(id, delta, random));
    figures[`${id}DecodeMBps`] = megabytesPerSecond(() => {
      const opened = open(bytes, { count: COUNT, scheme: id });
      opened.assertFinite();
      opened.accumulate(sum, 1);
    });
  }
  return { seeds: [SEED], figures };
}

/**
 * Like a trained delta: each layer of a scale of its own, over three decades, and in it a normal
 * times a log-normal, since a few filters move much more than the rest.
 */
function heavyTailed(random: Random): Float32Array {
  const delta = new Float32Array(COUNT);
  const size = COUNT / LAYERS;
  for (let layer = 0; layer < LAYERS; layer++) {
    const scale = 10 ** random.uniform(-4, -1);
    for (let i = layer * size; i < (layer + 1) * size; i++)
      delta[i] = scale * random.normal() * Math.exp(random.normal());
  }
  return delta;
}

/** The median of some repeats after one to warm up. */
function megabytesPerSecond(act: () => void): number {
  act();
  const seconds = Array.from({ length: REPEATS }, () => {
    const start = performance.now();
    act();
    return (performance.now() - start) / 1000;
  }).sort((a, b) => a - b);
  return (COUNT * Float32Array.BYTES_PER_ELEMENT) / 1e6 / seconds[Math.floor(REPEATS / 2)]!;
}
