import { OF_KEYS, project, type Route } from '../route.ts';
import { SettingsChangeSchema, SettingsSchema } from '../schemas/settings.ts';

export const settings = {
  getSettings: {
    method: 'GET',
    path: `${project}/settings`,
    access: 'admin',
    verb: 'projects',
    summary:
      'What may be changed of a project: who is answered, which sites may call, how many versions are kept.',
    reply: { status: 200, json: SettingsSchema },
    problems: [...OF_KEYS, 301],
  },
  changeSettings: {
    method: 'PATCH',
    path: `${project}/settings`,
    access: 'admin',
    verb: 'projects',
    summary: 'Change some of the settings. They hold everywhere within 3 seconds.',
    body: { json: SettingsChangeSchema, limit: 20_000 },
    reply: { status: 200, json: SettingsSchema },
    problems: [101, 102, 104, ...OF_KEYS, 301],
  },
} as const satisfies Record<string, Route>;
