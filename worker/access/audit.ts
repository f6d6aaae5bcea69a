import { and, desc, eq, lt } from 'drizzle-orm';
import type { AuditEntry } from '../../shared/api/schemas/audit.ts';
import { audit } from '../db/schema.ts';
import type { Db } from '../registry/projects.ts';

/** Writes down what an admin did, or was refused. */
export async function writeAudit(db: Db, entry: Omit<AuditEntry, 'id'>): Promise<void> {
  await db.insert(audit).values(entry);
}

export type AuditQuery = { project: string | null; before: number | undefined; limit: number };

/** Newest first. */
export function listAudit(db: Db, { project, before, limit }: AuditQuery): Promise<AuditEntry[]> {
  const ofProject = project === null ? undefined : eq(audit.project, project);
  const older = before === undefined ? undefined : lt(audit.id, before);
  return db.select().from(audit).where(and(ofProject, older)).orderBy(desc(audit.id)).limit(limit);
}
