import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { registerWasm, type Wasm } from '../wasm/kernel.ts';
import type { Exports } from './exports.ts';

/** What a SIMD kernel works with: the loops, on the very memory that tfjs's tensors lie in. */
export type Simd = Wasm & {
  loops: Exports;
  /** Where a tensor lies; it stays there as long as it lives, though the heap may grow. */
  at(tensor: TensorInfo): number;
  /** Calls `work` with the addresses of so many bytes each, of any content, given back afterwards. */
  scratch<Result>(bytes: readonly number[], work: (...places: number[]) => Result): Result;
  /** Zeroes so many bytes. */
  clear(place: number, bytes: number): void;
};

export type SimdKernel = (
  simd: Simd,
  inputs: Record<string, TensorInfo>,
  attrs: NamedAttrMap,
) => TensorInfo | TensorInfo[];

/** Registers `kernel` under `name` as `registerWasm` does, with the module's loops at hand. */
export function registerSimd(
  tf: Tf,
  module: WebAssembly.Module,
  name: string,
  kernel: SimdKernel,
): void {
  registerWasm(tf, name, (wasm, inputs, attrs) => kernel(bind(module, wasm), inputs, attrs));
}

/** The kernel that `name` has now, to be called for what its SIMD one leaves to it. */
export function replaced(tf: Tf, name: string): SimdKernel {
  const before = tf.getKernel(name, 'wasm')?.kernelFunc;
  if (!before) throw new Error(`wasm: there is no kernel ${name} yet to build on`);
  return ({ backend }, inputs, attrs) => before({ inputs, attrs, backend });
}

/** Whether so many channels are whole vectors of four. */
export function isWhole(channels: number): boolean {
  return channels % 4 === 0;
}

/** The parts of Emscripten's module object that tfjs's types leave out. */
type Heap = {
  asm: { memory: WebAssembly.Memory };
  _malloc(bytes: number): number;
  _free(place: number): void;
};

/** One instance for each start of the backend, whose memory it imports. */
const instances = new WeakMap<object, Exports>();

function bind(module: WebAssembly.Module, wasm: Wasm): Simd {
  const heap = wasm.backend.wasm as unknown as Heap;
  let loops = instances.get(heap);
  if (!loops) {
    const { memory } = heap.asm;
    loops = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
    instances.set(heap, loops);
  }
  return {
    ...wasm,
    loops,
    at: (tensor) => offsetOf(wasm.backend, tensor),
    scratch: (bytes, work) => withScratch(heap, bytes, work),
    clear: (place, bytes) => void new Uint8Array(heap.asm.memory.buffer, place, bytes).fill(0),
  };
}

/** Beyond 2 GB it is more than a signed integer holds, which wasm takes modulo 2^32. */
function offsetOf(backend: BackendWasm, { dataId }: TensorInfo): number {
  return backend.getMemoryOffset(dataId as Parameters<BackendWasm['getMemoryOffset']>[0]);
}

/** A vector's width, so that every place is aligned, as what malloc returns is. */
const ALIGNMENT = 16;

function withScratch<Result>(
  heap: Heap,
  bytes: readonly number[],
  work: (...places: number[]) => Result,
): Result {
  const sizes = bytes.map((size) => Math.ceil(size / ALIGNMENT) * ALIGNMENT);
  const total = sizes.reduce((a, b) => a + b, 0);
  const start = heap._malloc(total);
  if (start === 0) throw new RangeError(`wasm: no ${total} bytes left for a kernel's scratch`);
  let next = start >>> 0;
  const places = sizes.map((size) => (next += size) - size);
  try {
    return work(...places);
  } finally {
    heap._free(start);
  }
}
