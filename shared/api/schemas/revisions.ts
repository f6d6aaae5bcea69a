import * as v from 'valibot';

/** What can change what a request is answered with. */
export const ACTS = [
  'promote',
  'rollback',
  'add-class',
  'remove-class',
  'rename-class',
  'merge-classes',
  'add-examples',
  'remove-example',
  'undo',
] as const;

const entry = {
  revision: v.number(),
  act: v.picklist(ACTS),
  /** What it was done to. */
  subject: v.string(),
};

/** A change of what requests are answered with. */
export const RevisionSchema = v.object({
  ...entry,
  /** The version that is live since. */
  version: v.number(),
  at: v.number(),
  /** True for the one that POST .../revisions/undo would take back. */
  undoable: v.boolean(),
});

export const RevisionsSchema = v.object({
  revisions: v.array(RevisionSchema),
  /** Send it as `before` for those that are older; null at the end. */
  next: v.nullable(v.number()),
});

export const UndoSchema = v.object({
  /** The revision that is meant: refused when another change came after it. Left out: the newest. */
  revision: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
});

export const UndoneSchema = v.object({
  revision: v.number(),
  version: v.number(),
  /** What was taken back. */
  undone: v.object(entry),
});

export type Revisions = v.InferOutput<typeof RevisionsSchema>;
export type Undone = v.InferOutput<typeof UndoneSchema>;
