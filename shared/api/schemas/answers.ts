import * as v from 'valibot';
import { name, share } from './fields.ts';
import { ImageSchema } from './images.ts';

/** Images or embeddings of one request, at most: problem 506 names it too. */
export const MOST_ASKED = 64;

/**
 * So old, in ms, may be what an answer goes by of versions and classes. Whoever changed something asks
 * with an admin's key, or names the revision of the change in `minRevision`.
 */
export const LIVE_MS = 1000;

/** An embedding in JSON, as POST .../embed gives it. */
const embedding = v.pipe(v.array(v.pipe(v.number(), v.finite())), v.maxLength(65_536));

/** What one request may ask about: an image, or an embedding that the live version made. */
export const AskedSchema = v.union([ImageSchema, v.object({ embedding })]);

/** The same many times over. */
export const AskedBatchSchema = v.union([
  v.object({ images: v.pipe(v.array(ImageSchema), v.minLength(1)) }),
  v.object({ embeddings: v.pipe(v.array(embedding), v.minLength(1)) }),
]);

const verdict = {
  /** The most likely class, or "unknown" when the image is far from every class. */
  label: v.string(),
  unknown: v.boolean(),
  /** The likeliest classes first; probabilities over all classes sum to one. */
  classes: v.array(v.object({ name, probability: share, similarity: v.number() })),
  /** Where `explain` asked for them: the most similar examples of the classes above, the nearest first. */
  nearest: v.optional(
    v.array(
      v.object({
        name,
        /** Its place among the class's examples, from 0. */
        example: v.number(),
        similarity: v.number(),
      }),
    ),
  ),
};

/** What every answer is of: one version of the model and one revision of its classes. */
const stamp = { version: v.number(), revision: v.number() };

export const AnswerSchema = v.object({ ...verdict, ...stamp });

/** An answer an image, in their order, all of one version and one revision. */
export const AnswersSchema = v.object({ answers: v.array(v.object(verdict)), ...stamp });

/**
 * What the network makes of an image. Not of unit length: the classifier is the surer, the longer it
 * is. For cosines divide by the length.
 */
export const EmbeddedSchema = v.object({ embedding: v.array(v.number()), ...stamp });
export const EmbeddedBatchSchema = v.object({
  embeddings: v.array(v.array(v.number())),
  ...stamp,
});

export type Asked = v.InferOutput<typeof AskedSchema>;
export type AskedBatch = v.InferOutput<typeof AskedBatchSchema>;
export type Answer = v.InferOutput<typeof AnswerSchema>;
export type Answers = v.InferOutput<typeof AnswersSchema>;
export type Verdict = Answers['answers'][number];
