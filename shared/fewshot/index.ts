import { prototype } from './prototype.ts';

/** Every few-shot head, by its file's name. Each keeps a fit of its own kind. */
export const FEW_SHOT_HEADS = { prototype };
