import * as v from 'valibot';
import { VERBS } from '../route.ts';
import { SlugSchema } from './fields.ts';

const time = v.pipe(v.number(), v.integer(), v.minValue(0));
const verbs = v.pipe(v.array(v.picklist(VERBS)), v.minLength(1), v.maxLength(VERBS.length));
const quota = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000_000));
const role = v.picklist(['app', 'admin']);

export const NewKeySchema = v.strictObject({
  /** For whom or what it is. */
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64)),
  role,
  /** The one project that it opens; null for all of them. */
  project: v.optional(v.nullable(SlugSchema), null),
  /** What it may do; null for all that its role may. */
  verbs: v.optional(v.nullable(verbs), null),
  /** Requests a UTC day, counted exactly; null for no such limit. */
  dailyQuota: v.optional(v.nullable(quota), null),
  /** Milliseconds since 1970; null for never. */
  expiresAt: v.optional(v.nullable(time), null),
});

export const KeySchema = v.object({
  /** What the key is known by: the part of it that is no secret. */
  prefix: v.string(),
  name: v.string(),
  role,
  project: v.nullable(v.string()),
  verbs: v.nullable(v.array(v.picklist(VERBS))),
  dailyQuota: v.nullable(v.number()),
  createdAt: v.number(),
  expiresAt: v.nullable(v.number()),
  revokedAt: v.nullable(v.number()),
});

/** The one time that the key itself is told. */
export const CreatedKeySchema = v.object({ ...KeySchema.entries, key: v.string() });

export type NewKey = v.InferInput<typeof NewKeySchema>;
export type KeyInfo = v.InferOutput<typeof KeySchema>;
export type CreatedKey = v.InferOutput<typeof CreatedKeySchema>;
