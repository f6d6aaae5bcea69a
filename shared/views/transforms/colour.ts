import type { Random } from '../../math/random.ts';
import type { InputSpec } from '../../nn/net.ts';

export type ColourRange = {
  /** Brightness, contrast and saturation are each multiplied by 1 - this to 1 + this. */
  brightness: number;
  contrast: number;
  saturation: number;
  /** Hue is turned by up to so much of the circle, either way. */
  hue: number;
};

/** Factors for one image; 1, 1, 1 and 0 change nothing. `hue` is in radians. */
export type Jitter = { brightness: number; contrast: number; saturation: number; hue: number };

/** As many draws for a grey image as for a coloured one, so that both are changed alike. */
export function drawJitter(range: ColourRange, random: Random): Jitter {
  const around = (spread: number) => random.uniform(1 - spread, 1 + spread);
  return {
    brightness: around(range.brightness),
    contrast: around(range.contrast),
    saturation: around(range.saturation),
    hue: 2 * Math.PI * random.uniform(-range.hue, range.hue),
  };
}

/**
 * Colour jitter (Chen et al. 2020, arXiv:2002.05709, appendix A): brightness, then contrast around
 * the image's mean, then saturation and hue, cut to [0, 1]. A saturation of 0 makes a picture grey;
 * of a grey image only brightness and contrast change. In place.
 */
export function jitter(to: Float32Array, target: number, input: InputSpec, by: Jitter): void {
  const { brightness, contrast } = by;
  const end = target + input.size ** 2 * input.channels;
  const mean = brightness * meanLuma(to, target, input);
  for (let i = target; i < end; i++) to[i] = unit(mean + contrast * (brightness * to[i]! - mean));
  if (input.channels === 3) turn(to, target, end, by);
}

/**
 * Saturation and hue as matrices about the grey axis: `saturate` and `hueRotate` of the W3C's Filter
 * Effects, which browsers draw by.
 */
function turn(to: Float32Array, target: number, end: number, { saturation, hue }: Jitter): void {
  const [cos, sin] = [saturation * Math.cos(hue), saturation * Math.sin(hue)];
  for (let i = target; i < end; i += 3) {
    const [r, g, b] = [to[i]!, to[i + 1]!, to[i + 2]!];
    // Grey has no hue, and rounding must not give it one.
    if (r === g && g === b) continue;
    const y = luma(r, g, b);
    to[i] = unit(y + cos * (r - y) + sin * (-0.213 * r - 0.715 * g + 0.928 * b));
    to[i + 1] = unit(y + cos * (g - y) + sin * (0.143 * r + 0.14 * g - 0.283 * b));
    to[i + 2] = unit(y + cos * (b - y) + sin * (-0.787 * r + 0.715 * g + 0.072 * b));
  }
}

function meanLuma(to: Float32Array, target: number, { size, channels }: InputSpec): number {
  const pixels = size * size;
  let sum = 0;
  for (let k = 0, i = target; k < pixels; k++, i += channels)
    sum += channels === 3 ? luma(to[i]!, to[i + 1]!, to[i + 2]!) : to[i]!;
  return sum / pixels;
}

function luma(r: number, g: number, b: number): number {
  return r === g && g === b ? r : 0.213 * r + 0.715 * g + 0.072 * b;
}

const unit = (value: number) => Math.min(1, Math.max(0, value));
