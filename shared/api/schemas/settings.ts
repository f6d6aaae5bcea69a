import * as v from 'valibot';

/** `*`, or scheme and host as a browser's Origin header has them. */
const origin = v.union([
  v.literal('*'),
  v.pipe(v.string(), v.maxLength(260), v.regex(/^https?:\/\/[^/\s]+$/)),
]);

const fields = {
  /** Who may classify: anyone, or only who shows a key. */
  answers: v.picklist(['open', 'keys']),
  /** Pages of other sites that may call the API from a browser. */
  origins: v.pipe(v.array(origin), v.maxLength(50)),
  /** Versions whose weights are kept beside the live one, its canary, and those that were live. */
  keepVersions: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000)),
};

/** What may be changed of a project after it was created; everything else is in its plan, for good. */
export const SettingsSchema = v.strictObject({
  answers: v.optional(fields.answers, 'open'),
  origins: v.optional(fields.origins, []),
  keepVersions: v.optional(fields.keepVersions, 20),
});

/** A change names what it changes and leaves out the rest. */
export const SettingsChangeSchema = v.partial(v.strictObject(fields));

export type Settings = v.InferOutput<typeof SettingsSchema>;
export type SettingsChange = v.InferInput<typeof SettingsChangeSchema>;
