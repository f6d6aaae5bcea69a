import type { InputSpec } from '../../nn/net.ts';
import type { View } from '../view.ts';

/** The same view, and in half of the cases left and right changed over. */
export function flipped(view: View): View {
  return {
    title: `${view.title}; half of them mirrored`,
    make(from, offset, to, target, input, random) {
      view.make(from, offset, to, target, input, random);
      if (random.next() < 0.5) flip(to, target, input);
    },
  };
}

/** Changes left and right over, in place. */
export function flip(to: Float32Array, target: number, { size, channels }: InputSpec): void {
  for (let y = 0; y < size; y++) {
    const row = target + y * size * channels;
    for (let x = 0; x < size >> 1; x++) {
      const left = row + x * channels;
      const right = row + (size - 1 - x) * channels;
      for (let c = 0; c < channels; c++) {
        const value = to[left + c]!;
        to[left + c] = to[right + c]!;
        to[right + c] = value;
      }
    }
  }
}
