// `?module`: the file has declarations of its own, for another way of loading it.
import wasm from '@jsquash/png/codec/pkg/squoosh_png_bg.wasm?module';

type Exports = {
  memory: WebAssembly.Memory;
  decode(pointer: number, length: number): number;
  __wbindgen_malloc(length: number, align: number): number;
  __wbindgen_free(pointer: number, length: number, align: number): void;
};

export type Rgba = { data: Uint8ClampedArray; width: number; height: number };

type Decoder = { memory: WebAssembly.Memory; decode: (bytes: Uint8Array) => Rgba };

/** An instance's memory never shrinks: one that has more than this is not kept. A megabyte is its own. */
const KEPT_BYTES = 4 * 1024 * 1024;

let idle: Decoder | undefined;

/**
 * Decodes a PNG in a wasm instance that has decoded good images only. jSquash's own glue keeps one for
 * good, but a bad image panics in it and leaves its stack where it was: after a few, the good ones fail
 * as well. A new one an image takes 2 ms, five times as long as decoding a drawing. Rust does not read
 * what it has not written, so nothing of an earlier image can be seen in a later one.
 * @throws WebAssembly.RuntimeError on a bad image
 */
export function decodePng(bytes: Uint8Array): Rgba {
  const decoder = idle ?? makeDecoder();
  // Kept again only when it comes through.
  idle = undefined;
  const image = decoder.decode(bytes);
  if (decoder.memory.buffer.byteLength <= KEPT_BYTES) idle = decoder;
  return image;
}

function makeDecoder(): Decoder {
  let image: Rgba | undefined;
  const imports: Record<string, (...args: number[]) => unknown> = {};
  for (const { name } of WebAssembly.Module.imports(wasm)) {
    // wasm-bindgen's names end in a hash; what is asked for is `new ImageData(pixels, w, h)`.
    const isImage = name.startsWith('__wbg_newwithownedu8clampedarrayandsh');
    imports[name] = (at, length, width, height) => {
      if (!isImage) throw new Error(`png: the decoder called ${name}`);
      // A copy: the view would keep the whole heap alive, and the pixels in it are ours to free.
      const data = new Uint8ClampedArray(memory.buffer, at! >>> 0, length! >>> 0).slice();
      codec.__wbindgen_free(at!, length!, 1);
      image = { data, width: width! >>> 0, height: height! >>> 0 };
      return 0;
    };
  }
  const { exports } = new WebAssembly.Instance(wasm, { wbg: imports });
  const codec = exports as unknown as Exports;
  const { memory } = codec;
  return {
    memory,
    decode(bytes) {
      image = undefined;
      const pointer = codec.__wbindgen_malloc(bytes.length, 1) >>> 0;
      new Uint8Array(memory.buffer, pointer, bytes.length).set(bytes);
      codec.decode(pointer, bytes.length);
      if (!image) throw new Error('png: the decoder returned no image');
      return image;
    },
  };
}
