import * as v from 'valibot';
import { name, share } from './fields.ts';
import { ImageSchema } from './images.ts';

/** An example of a class by its content; how it looks has an address of its own. */
export const ExampleSchema = v.object({ id: v.string() });

export const NewExamplesSchema = v.object({
  examples: v.pipe(v.array(ImageSchema), v.maxLength(500)),
});

/**
 * A class's own examples, each left out of its class and compared with the prototypes of all:
 * what says that an example is bad, or that two classes look alike.
 */
export const ReportSchema = v.object({
  /** Share of the examples nearer to their own class than to any other; null where there is one only. */
  accuracy: v.nullable(share),
  /**
   * The other class that most examples would be taken for (`mistaken`); where none would, the one that
   * most are nearest to (`nearest`).
   */
  confusable: v.object({ name, mistaken: v.number(), nearest: v.number() }),
  /** Examples that would be taken for another class, the worst first, at most 20. */
  doubtful: v.array(
    v.object({
      /** Its place among the class's examples, from 0, and its id. */
      index: v.number(),
      example: v.string(),
      nearest: name,
      /** Cosine to its own class less that to the nearest other. */
      margin: v.number(),
    }),
  ),
});

export const ClassChangedSchema = v.object({
  ...{ name, examples: v.number(), version: v.number(), revision: v.number() },
  report: ReportSchema,
});

export type Example = v.InferOutput<typeof ExampleSchema>;
export type Report = v.InferOutput<typeof ReportSchema>;
export type ClassChanged = v.InferOutput<typeof ClassChangedSchema>;
