import { ORDERS, PIECES } from '../../math/affine-permutations.ts';
import { joinPieces, pieceSpecs } from '../pieces.ts';
import type { Head } from './head.ts';

/** [9 * batch, features], an image's patches one after the other -> [batch, ORDERS] */
export const perm: Head = {
  title: 'which order the nine patches of a jigsaw lie in',
  specs: ({ features }) => pieceSpecs('head/perm', features, PIECES, ORDERS),
  apply: (tf, params, z) => joinPieces(tf, params, 'head/perm', z, PIECES),
};
