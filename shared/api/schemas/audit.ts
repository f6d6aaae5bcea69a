import * as v from 'valibot';

export const AuditSchema = v.object({
  /** Rises with time, over all projects. */
  id: v.number(),
  at: v.number(),
  /** A key's prefix, `root` for the edge's own secret, `setup` for the token of the first start. */
  actor: v.string(),
  /** Name of the route. */
  act: v.string(),
  project: v.nullable(v.string()),
  /** The request's path. */
  subject: v.string(),
  /** HTTP status that it was answered with: what was refused is listed too. */
  status: v.number(),
  /** The request's id, as its reply and the logs have it. */
  request: v.string(),
});

export type AuditEntry = v.InferOutput<typeof AuditSchema>;
