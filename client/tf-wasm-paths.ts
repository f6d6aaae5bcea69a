/**
 * Where a browser finds tfjs's wasm files. Written as Vite recognises it: at build time it copies
 * the files and puts their new addresses here. Node never asks, its build of the package reads the
 * files beside itself.
 */
export function wasmPaths() {
  const simd = new URL(
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
    import.meta.url,
  ).href;
  const plain = new URL(
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm',
    import.meta.url,
  ).href;
  return {
    'tfjs-backend-wasm.wasm': plain,
    'tfjs-backend-wasm-simd.wasm': simd,
    // tfjs insists on an entry; threads are switched off, so nobody fetches it.
    'tfjs-backend-wasm-threaded-simd.wasm': simd,
  };
}
