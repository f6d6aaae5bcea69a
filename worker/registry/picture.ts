// `?module`: the file has declarations of its own, for another way of loading it.
import wasm from '@jsquash/png/codec/pkg/squoosh_png_bg.wasm?module';
import type { InputSpec } from '../../shared/nn/net.ts';

/** What the network reads, size*size*channels bytes, as a PNG to look at. */
export async function pngOf(
  pixels: Uint8Array,
  { size, channels }: InputSpec,
): Promise<ArrayBuffer> {
  const { default: encode, init } = await import('@jsquash/png/encode.js');
  await init(wasm);
  const data = new Uint8ClampedArray(4 * size * size);
  for (let i = 0; i < size * size; i++) {
    const of = (channel: number) => pixels[i * channels + Math.min(channel, channels - 1)]!;
    data.set([of(0), of(1), of(2), 255], 4 * i);
  }
  return encode({ data, width: size, height: size } as ImageData);
}
