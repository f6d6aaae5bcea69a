// `?module`: the file has declarations of its own, for another way of loading it.
import wasm from '@jsquash/png/codec/pkg/squoosh_png_bg.wasm?module';

type Exports = {
  memory: WebAssembly.Memory;
  decode(pointer: number, length: number): number;
  __wbindgen_malloc(length: number, align: number): number;
};

export type Rgba = { data: Uint8ClampedArray; width: number; height: number };

/**
 * Decodes a PNG in a wasm instance of its own. jSquash's own glue keeps one for good, but a bad
 * image panics in it and leaves its stack where it was: after a few, the good ones fail as well.
 * @throws WebAssembly.RuntimeError on a bad image
 */
export function decodePng(bytes: Uint8Array): Rgba {
  let image: Rgba | undefined;
  const imports: Record<string, (...args: number[]) => unknown> = {};
  for (const { name } of WebAssembly.Module.imports(wasm)) {
    // wasm-bindgen's names end in a hash; what is asked for is `new ImageData(pixels, w, h)`.
    const isImage = name.startsWith('__wbg_newwithownedu8clampedarrayandsh');
    imports[name] = (at, length, width, height) => {
      if (!isImage) throw new Error(`png: the decoder called ${name}`);
      // A copy: the view would keep the whole heap alive.
      const data = new Uint8ClampedArray(memory.buffer, at! >>> 0, length! >>> 0).slice();
      image = { data, width: width! >>> 0, height: height! >>> 0 };
      return 0;
    };
  }
  const { exports } = new WebAssembly.Instance(wasm, { wbg: imports });
  const codec = exports as unknown as Exports;
  const { memory } = codec;
  const pointer = codec.__wbindgen_malloc(bytes.length, 1) >>> 0;
  new Uint8Array(memory.buffer, pointer, bytes.length).set(bytes);
  codec.decode(pointer, bytes.length);
  if (!image) throw new Error('png: the decoder returned no image');
  return image;
}
