import { ROUTES } from '../../shared/api/routes.ts';
import { SettingsChangeSchema } from '../../shared/api/schemas/settings.ts';
import type { Handlers } from '../handler.ts';
import { readJson } from '../middleware/body.ts';
import { getProject, openDb } from '../registry/projects.ts';
import { changeSettings, readSettings } from '../registry/settings.ts';

export const settings: Handlers<'getSettings' | 'changeSettings'> = {
  async getSettings(c) {
    const db = openDb(c.env.DB);
    const { id } = await getProject(db, c.req.param('project') as string);
    return readSettings(db, id);
  },

  async changeSettings(c) {
    const change = await readJson(c, SettingsChangeSchema, ROUTES.changeSettings.body.limit);
    const db = openDb(c.env.DB);
    const { id } = await getProject(db, c.req.param('project') as string);
    return changeSettings(db, id, change);
  },
};
