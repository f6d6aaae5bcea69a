/** Which of our kernels the engine can run; without SIMD they are composed of tfjs's own. */
export type SimdVariant = 'relaxed-simd' | 'simd';

/** With relaxed SIMD, whose multiply-add is one instruction, where the engine has it. */
export function simdVariant(): SimdVariant | undefined {
  if (WebAssembly.validate(PROBES['relaxed-simd'])) return 'relaxed-simd';
  return WebAssembly.validate(PROBES.simd) ? 'simd' : undefined;
}

/**
 * Our SIMD kernels for tfjs's wasm backend, compiled.
 * @throws when the file cannot be had
 */
export function compileKernels(
  variant: SimdVariant,
  inBrowser: boolean,
): Promise<WebAssembly.Module> {
  return inBrowser ? fromPage(variant) : fromFile(variant);
}

/** A module of one function, up to its code. */
const HEAD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10];
const ZERO = [253, 12, ...Array.from({ length: 16 }, () => 0)];
const bodyOf = (code: number[]) => [code.length + 4, 1, code.length + 2, 0, ...code, 11];

/** The smallest modules that use them: `v128.const 0; drop`, and a relaxed_madd of three zeros. */
const PROBES = {
  simd: Uint8Array.from([...HEAD, ...bodyOf([...ZERO, 26])]),
  'relaxed-simd': Uint8Array.from([
    ...HEAD,
    ...bodyOf([...ZERO, ...ZERO, ...ZERO, 253, 133, 2, 26]),
  ]),
};

/** Written as Vite recognises it: it copies the files and puts their new addresses here. */
async function fromPage(variant: SimdVariant): Promise<WebAssembly.Module> {
  const address =
    variant === 'relaxed-simd'
      ? new URL('../dist/kernels/relaxed-simd.wasm', import.meta.url).href
      : new URL('../dist/kernels/simd.wasm', import.meta.url).href;
  const response = await fetch(address);
  if (!response.ok) throw new Error(`tfjs: ${address} answers ${response.status}`);
  return WebAssembly.compile(await response.arrayBuffer());
}

/** By the package's own exports: the same from the sources and from dist/sdk. */
async function fromFile(variant: SimdVariant): Promise<WebAssembly.Module> {
  const [module, fs] = ['node:module', 'node:fs/promises'];
  const { createRequire } = await import(/* @vite-ignore */ module!);
  const { readFile } = await import(/* @vite-ignore */ fs!);
  const path = createRequire(import.meta.url).resolve(`shoal/kernels/${variant}.wasm`);
  return WebAssembly.compile(await readFile(path));
}
