import { useEffect, useRef } from 'preact/hooks';
import type { InputSpec } from '../../../shared/nn/net.ts';

/** A network's input drawn as it is, one pixel a number. */
export function Thumb({
  pixels,
  input,
  label,
  large,
}: {
  pixels: Float32Array;
  input: InputSpec;
  label: string;
  large?: boolean;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    context?.putImageData(toImageData(pixels, input), 0, 0);
  }, [pixels, input]);
  const side = input.size;
  return (
    <canvas
      ref={canvas}
      class={large ? 'thumb large' : 'thumb'}
      width={side}
      height={side}
      role="img"
      aria-label={label}
    />
  );
}

function toImageData(pixels: Float32Array, { size, channels }: InputSpec): ImageData {
  const image = new ImageData(size, size);
  for (let i = 0; i < size * size; i++) {
    for (let c = 0; c < 3; c++)
      image.data[4 * i + c] = 255 * (pixels[i * channels + (channels === 3 ? c : 0)] ?? 0);
    image.data[4 * i + 3] = 255;
  }
  return image;
}
