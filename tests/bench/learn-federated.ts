import { federatedCells } from './federated-cells.ts';
import { suiteOf } from './learn-cell.ts';

/**
 * Crowds of ten, whose labels lie at the server: SemiFL on images spread evenly and by two classes, and
 * what a plan may add to local steps. `ci` learns the repository's handwriting, `minutes` MNIST with 100
 * labels (`--data DIR`), 20 rounds; `hour` 100 rounds.
 */
export const learnFederated = suiteOf(federatedCells);
