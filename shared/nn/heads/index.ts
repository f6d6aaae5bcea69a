import { cls } from './cls.ts';
import { cluster } from './cluster.ts';
import { color } from './color.ts';
import { frame } from './frame.ts';
import type { Head } from './head.ts';
import { patch } from './patch.ts';
import { perm } from './perm.ts';
import { pred } from './pred.ts';
import { proj } from './proj.ts';
import { recon } from './recon.ts';
import { rot } from './rot.ts';

/** Every head that an objective can ask for, by its file's name. */
export const HEADS = {
  cls,
  cluster,
  color,
  frame,
  patch,
  perm,
  pred,
  proj,
  recon,
  rot,
} satisfies Record<string, Head>;

export type HeadName = keyof typeof HEADS;
