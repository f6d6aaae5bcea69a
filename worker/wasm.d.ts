/** wrangler hands a `.wasm` import over compiled: workerd forbids compiling bytes at run time. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module '*.wasm?module' {
  const module: WebAssembly.Module;
  export default module;
}
