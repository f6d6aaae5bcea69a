import { joinPieces, pieceSpecs } from '../pieces.ts';
import type { Head } from './head.ts';

/** Frames that the next one is told from: two would show a movement, three a change of it. */
export const HISTORY = 3;

/** [3 * batch, features], a clip's frames one after the other -> [batch, size * size * channels] */
export const frame: Head = {
  title: 'what the next frame adds to the last one',
  specs: ({ features, input }) =>
    pieceSpecs('head/frame', features, HISTORY, input.size ** 2 * input.channels),
  apply: (tf, params, z) => joinPieces(tf, params, 'head/frame', z, HISTORY),
};
