import type { Random } from '../../math/random.ts';
import type { InputSpec } from '../../nn/net.ts';

/** x -> x^gamma * gain: thickens or thins a stroke's grey edge, dims or lifts it. */
export function changeTone(
  to: Float32Array,
  target: number,
  input: InputSpec,
  random: Random,
): void {
  const gamma = Math.exp(random.uniform(-0.7, 0.7));
  const gain = random.uniform(0.7, 1);
  const end = target + input.size ** 2 * input.channels;
  for (let i = target; i < end; i++) {
    const value = to[i]!;
    if (value > 0) to[i] = gain * (gamma === 1 ? value : value ** gamma);
  }
}
