import { joinPieces, pieceSpecs } from '../pieces.ts';
import type { Head } from './head.ts';

/** [2 * batch, features], a pair's patches one after the other -> [batch, 8] */
export const patch: Head = {
  title: 'where the second of two patches lies around the first, of eight places',
  specs: ({ features }) => pieceSpecs('head/patch', features, 2, 8),
  apply: (tf, params, z) => joinPieces(tf, params, 'head/patch', z, 2),
};
