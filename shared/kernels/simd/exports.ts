type Loop<Result = void> = (...values: number[]) => Result;

/**
 * What assembly/index.ts exports, where each says what it takes and promises. Addresses are bytes of
 * the backend's own memory, everything else is a number of elements.
 */
export type Exports = {
  pad: Loop;
  pack: Loop;
  places: Loop<number>;
  convolve: Loop;
  filterGradient: Loop;
  filterSumsBytes: Loop<number>;
  unpackSums: Loop;
  depthwiseGradient: Loop;
  groupNorm: Loop;
  groupNormGradient: Loop;
  normScratchBytes: Loop<number>;
  maxPoolGradient: Loop;
  squares: Loop<number>;
  sgd: Loop;
  adam: Loop;
  average: Loop;
};
