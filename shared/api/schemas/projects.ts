import * as v from 'valibot';
import { PlanSchema } from '../plan.ts';
import { name, SlugSchema, text } from './fields.ts';
import { ImageSchema } from './images.ts';
import { TrainingStateSchema } from './training.ts';

export const NewProjectSchema = v.object({
  id: SlugSchema,
  title: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(120)),
  description: v.optional(v.pipe(v.string(), v.maxLength(2000)), ''),
  plan: v.optional(PlanSchema, {}),
  /** The base classes, each with its labelled seed images and images kept for validation. */
  classes: v.pipe(
    v.array(
      v.object({
        name,
        examples: v.pipe(v.array(ImageSchema), v.maxLength(2000)),
        validation: v.optional(v.pipe(v.array(ImageSchema), v.maxLength(2000)), []),
      }),
    ),
    v.minLength(2),
    v.maxLength(1000),
  ),
});

export const ProjectSchema = v.object({
  id: SlugSchema,
  title: text,
  description: v.string(),
  plan: PlanSchema,
  classes: v.array(name),
  createdAt: v.number(),
  /** Version and classes' revision that a request is answered with now; null before the first version. */
  live: v.nullable(v.object({ version: v.number(), revision: v.number(), weights: v.string() })),
});

export const ProjectStateSchema = v.object({
  project: ProjectSchema,
  training: TrainingStateSchema,
});

export type NewProject = v.InferInput<typeof NewProjectSchema>;
export type Project = v.InferOutput<typeof ProjectSchema>;
export type ProjectState = v.InferOutput<typeof ProjectStateSchema>;
