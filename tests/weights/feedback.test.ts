import { describe, expect, test } from 'vitest';
import { encodeDelta } from '../../client/train/delta.ts';
import { Random } from '../../shared/math/random.ts';
import { encode, open } from '../../shared/weights/codec.ts';
import { addScaled, norm } from '../../shared/weights/delta.ts';
import { encodeWithFeedback } from '../../shared/weights/feedback.ts';
import { SCHEMES, type SchemeId } from '../../shared/weights/schemes/index.ts';
import { distance, heavyTailed, normal } from '../kit/deltas.ts';

const IDS = Object.keys(SCHEMES) as SchemeId[];
const COUNT = 700;
const ROUNDS = 40;

/** What the other end made of all rounds' messages, and what is still owed. */
function send(id: SchemeId, deltas: Float32Array[]) {
  const random = new Random(4);
  const received = new Float64Array(COUNT);
  const norms: number[] = [];
  let residual: Float32Array | null = null;
  for (const delta of deltas) {
    const sent = encodeWithFeedback(id, delta, residual, random);
    open(sent.message, { count: COUNT, scheme: id }).accumulate(received, 1);
    residual = sent.residual;
    norms.push(norm(residual));
  }
  return { received, residual: residual!, norms };
}

describe.each(IDS)('error feedback over %s', (id) => {
  test('received + residual = the sum of the deltas', () => {
    const deltas = Array.from({ length: ROUNDS }, (_, round) => heavyTailed(COUNT, round));
    const { received, residual } = send(id, deltas);
    const total = new Float64Array(COUNT);
    for (const delta of deltas) delta.forEach((value, i) => (total[i]! += value));
    const both = received.map((value, i) => value + residual[i]!);
    expect(distance(both, total) / Math.hypot(...total)).toBeLessThan(1e-6);
  });

  test('a delta that is always the same arrives in the mean', () => {
    const delta = heavyTailed(COUNT);
    const { received } = send(
      id,
      Array.from({ length: 400 }, () => delta),
    );
    const mean = received.map((value) => value / 400);
    // Without feedback onebit would stay 36 % off, and topk 70 %.
    expect(distance(mean, delta) / norm(delta)).toBeLessThan(0.07);
  });
});

describe.each(IDS.filter((id) => SCHEMES[id].feedback))('the residual of %s', (id) => {
  test('is bounded: it stops growing', () => {
    const deltas = Array.from({ length: 400 }, (_, round) => normal(COUNT, round));
    const { norms } = send(id, deltas);
    const largest = (from: number, to: number) => Math.max(...norms.slice(from, to));
    expect(largest(200, 400)).toBeLessThan(1.15 * largest(0, 200));
  });
});

describe('encodeDelta', () => {
  const before = normal(COUNT, 1);
  const after = normal(COUNT, 2);
  const delta = after.map((value, i) => value - before[i]!);

  test.each(IDS)('%s: a residual exactly where the scheme asks for one', (id) => {
    const { message, residual } = encodeDelta(id, after, before, new Random(3));
    expect(message).toEqual(encode(id, delta, new Random(3)));
    if (!SCHEMES[id].feedback) return expect(residual).toBeNull();
    addScaled(residual!, open(message, { count: COUNT }).decode(), 1);
    expect(distance(residual!, delta)).toBeLessThan(1e-5);
  });

  test.each(IDS)('%s: the residual that it is given is sent, and left as it was', (id) => {
    const residual = heavyTailed(COUNT);
    const { message } = encodeDelta(id, after, before, new Random(3), residual);
    const wanted = SCHEMES[id].feedback ? delta.map((value, i) => value + residual[i]!) : delta;
    expect(message).toEqual(encode(id, wanted, new Random(3)));
    expect(residual).toEqual(heavyTailed(COUNT));
  });

  // What a volunteer does whose delta was refused: the next one starts from the older residual.
  test('a message that nobody acknowledged changes nothing of the next', () => {
    const kept = encodeDelta('onebit', after, before, new Random(3)).residual;
    const next = () => encodeDelta('onebit', before, after, new Random(5), kept);
    const expected = next();
    encodeDelta('onebit', after, before, new Random(4), kept);
    expect(next()).toEqual(expected);
  });

  test('refuses a residual of another model', () => {
    const act = () => encodeDelta('onebit', after, before, new Random(3), new Float32Array(9));
    expect(act).toThrow('addScaled: 700 numbers and 9');
  });
});
