import { eq, sql } from 'drizzle-orm';
import * as v from 'valibot';
import {
  SettingsSchema,
  type Settings,
  type SettingsChange,
} from '../../shared/api/schemas/settings.ts';
import { Remembered } from '../access/remembered.ts';
import { settings } from '../db/schema.ts';
import type { Db } from './projects.ts';

/** How long an isolate goes by the settings that it has read: changed ones hold everywhere after that. */
export const SETTINGS_MS = 3000;

const known = new Remembered<Settings>(SETTINGS_MS);

/** As they are now. */
export async function readSettings(db: Db, project: string): Promise<Settings> {
  const row = await db.query.settings.findFirst({ where: eq(settings.project, project) });
  // Those that came into being after the row was written have their defaults.
  return v.parse(SettingsSchema, row?.values ?? {});
}

/** At most `SETTINGS_MS` old. The defaults where there is no such project: others will say so. */
export function recentSettings(db: Db, project: string): Promise<Settings> {
  return known.get(project, () => readSettings(db, project));
}

/** Changes what is named, in one statement: of two changes at once neither takes the other back. */
export async function changeSettings(
  db: Db,
  project: string,
  change: SettingsChange,
): Promise<Settings> {
  const changedAt = Date.now();
  const values = v.parse(SettingsSchema, change);
  const merged = sql`json_patch(${settings.values}, ${JSON.stringify(change)})`;
  await db
    .insert(settings)
    .values({ project, values, changedAt })
    .onConflictDoUpdate({ target: settings.project, set: { values: merged, changedAt } });
  known.forget(project);
  return readSettings(db, project);
}
