export { convolve, pack, places } from './convolve';
export { depthwiseGradient } from './depthwise';
export { filterGradient, filterSumsBytes, unpackSums } from './filter-gradient';
export { groupNorm, groupNormGradient, normScratchBytes } from './group-norm';
export { maxPoolGradient } from './max-pool';
export { pad } from './pad';
export { adam, average, sgd, squares } from './whole-model';
