import * as v from 'valibot';

/** What is asked of a volunteer before it gets a ticket. */
export const ChallengeSchema = v.variant('kind', [
  v.object({ kind: v.literal('none') }),
  v.object({
    kind: v.literal('work'),
    /** Signed, of this project, good for two minutes and one join. */
    puzzle: v.string(),
    /** So many nonces are wanted: see `isSolved`. */
    count: v.number(),
    /** Leading zero bits of each. */
    bits: v.number(),
  }),
  v.object({
    kind: v.literal('turnstile'),
    siteKey: v.string(),
    /** What the widget is to be rendered with. */
    action: v.string(),
    cData: v.string(),
  }),
]);

/** What joining takes: nothing, where nothing is asked. */
export const JoinSchema = v.optional(
  v.strictObject({
    work: v.optional(
      v.strictObject({
        puzzle: v.pipe(v.string(), v.maxLength(1000)),
        nonces: v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.maxLength(64)),
      }),
    ),
    /** The token that the widget gave. */
    turnstile: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(2048))),
  }),
  {},
);

export type Challenge = v.InferOutput<typeof ChallengeSchema>;
export type ChallengeAnswer = v.InferInput<typeof JoinSchema>;
