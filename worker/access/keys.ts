import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { and, desc, eq, isNull } from 'drizzle-orm';
import type { InferOutput } from 'valibot';
import type { Verb } from '../../shared/api/route.ts';
import type { CreatedKey, KeyInfo, NewKeySchema } from '../../shared/api/schemas/keys.ts';
import { keys } from '../db/schema.ts';
import type { Db } from '../registry/projects.ts';
import { Remembered } from './remembered.ts';

type Row = typeof keys.$inferSelect;

/** How long an isolate goes by what it has read: a revoked key opens nothing anywhere after that. */
export const KEY_MS = 3000;

const FORM = /^shoal_([0-9a-f]{12})_[\w-]{43}$/;

/** Bytes of a key that are no secret, and those that are. */
const PREFIX_BYTES = 6;
const SECRET_BYTES = 32;

const read = new Remembered<Row | undefined>(KEY_MS);

/** Whether it looks like a key at all. */
export function isKey(token: string): boolean {
  return FORM.test(token);
}

/** Whether looking the key up costs no reading. */
export function isRemembered(token: string): boolean {
  return read.recall(prefixOf(token)) !== undefined;
}

/** The key that this token is; revoked and expired ones too. */
export async function findKey(db: Db, token: string): Promise<KeyInfo | undefined> {
  const prefix = prefixOf(token);
  const row = await read.get(prefix, () =>
    db.query.keys.findFirst({ where: eq(keys.prefix, prefix) }),
  );
  return row && isHashOf(row.hash, token) ? toInfo(row) : undefined;
}

/**
 * Writes a new key down, by its hash. SHA-256 and no slow hash: those make it dear to guess what
 * people choose, and 256 random bits are beyond guessing however fast a guess is; every request
 * would pay for it.
 */
export async function createKey(
  db: Db,
  request: InferOutput<typeof NewKeySchema>,
  prefix = randomBytes(PREFIX_BYTES).toString('hex'),
): Promise<CreatedKey> {
  const key = `shoal_${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  const row: Row = {
    ...{ prefix, hash: sha256(key).toString('hex'), ...request },
    ...{ createdAt: Date.now(), revokedAt: null },
  };
  await db.insert(keys).values(row);
  return { ...toInfo(row), key };
}

/** Newest first; those of one project, or all. */
export async function listKeys(db: Db, project: string | null): Promise<KeyInfo[]> {
  const rows = await db
    .select()
    .from(keys)
    .where(project === null ? undefined : eq(keys.project, project))
    .orderBy(desc(keys.createdAt));
  return rows.map(toInfo);
}

export async function getKey(db: Db, prefix: string): Promise<KeyInfo | undefined> {
  const row = await db.query.keys.findFirst({ where: eq(keys.prefix, prefix) });
  return row && toInfo(row);
}

/** A key that was revoked before keeps its time. */
export async function revokeKey(db: Db, prefix: string): Promise<void> {
  await db
    .update(keys)
    .set({ revokedAt: Date.now() })
    .where(and(eq(keys.prefix, prefix), isNull(keys.revokedAt)));
  read.forget(prefix);
}

/** The prefix of the key that a setup token makes: the table's own key lets it be made once. */
export function prefixFrom(token: string): string {
  return sha256(token)
    .toString('hex')
    .slice(0, 2 * PREFIX_BYTES);
}

/** In a time that says nothing of where two secrets first differ. */
export function isSame(given: string, wanted: string): boolean {
  return timingSafeEqual(sha256(given), sha256(wanted));
}

function isHashOf(hash: string, token: string): boolean {
  return timingSafeEqual(Buffer.from(hash, 'hex'), sha256(token));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function prefixOf(token: string): string {
  return FORM.exec(token)?.[1] ?? '';
}

function toInfo(row: Row): KeyInfo {
  const { hash: _, verbs, ...rest } = row;
  return { ...rest, verbs: verbs as Verb[] | null };
}
