import * as v from 'valibot';
import { ReportSchema } from './examples.ts';
import { name } from './fields.ts';
import { ImageSchema } from './images.ts';

export const NewClassSchema = v.object({
  name,
  examples: v.pipe(v.array(ImageSchema), v.maxLength(500)),
});

/** Several in one revision; at most 1,000 images in all. */
export const NewClassesSchema = v.object({
  classes: v.pipe(v.array(NewClassSchema), v.minLength(1), v.maxLength(200)),
});

export const ClassSchema = v.object({
  name,
  kind: v.picklist(['base', 'novel']),
  examples: v.number(),
  addedIn: v.number(),
});

/** What is live after a change. */
const change = { version: v.number(), revision: v.number() };

export const ClassAddedSchema = v.object({
  ...{ name, examples: v.number(), ...change },
  report: ReportSchema,
});

export const ClassesAddedSchema = v.object({ added: v.number(), ...change });

export const ClassRemovedSchema = v.object({ name: v.string(), revision: v.number() });

export const NewNameSchema = v.object({ name });

export const ClassRenamedSchema = v.object({ name, ...change });

export const MergeSchema = v.object({
  /** The class that goes: its examples become those of the class in the address. */
  from: name,
});

export const ClassMergedSchema = v.object({ name, examples: v.number(), ...change });

export type ClassInfo = v.InferOutput<typeof ClassSchema>;
export type ClassAdded = v.InferOutput<typeof ClassAddedSchema>;
export type ClassesAdded = v.InferOutput<typeof ClassesAddedSchema>;
export type ClassRemoved = v.InferOutput<typeof ClassRemovedSchema>;
export type ClassRenamed = v.InferOutput<typeof ClassRenamedSchema>;
export type ClassMerged = v.InferOutput<typeof ClassMergedSchema>;
