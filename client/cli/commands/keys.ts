import type { KeyInfo } from '../../../shared/api/schemas/keys.ts';
import type { Verb } from '../../../shared/api/route.ts';
import { acts, day, need, table, whole } from '../asking.ts';
import { Misused } from '../command.ts';

const DAY_MS = 86_400_000;

/** Keys of apps and admins. The edge keeps no key, only its hash: it is told once. */
export const keys = acts(
  {
    name: 'keys',
    summary: 'Create, list and revoke the keys of apps and admins.',
    example: 'npx shoal keys create "the shop" --project handwriting --verbs classify --days 90',
    options: {
      role: { type: 'string', default: 'app' },
      verbs: { type: 'string' },
      days: { type: 'string' },
      quota: { type: 'string' },
    },
  },
  {
    list: {
      usage: '',
      async run({ shoal, words }) {
        need(words);
        const value = await shoal.call('listKeys');
        return { value, text: table(value.map(rowOf), 'no key') };
      },
    },
    create: {
      usage: 'NAME [--role app|admin] [--verbs A,B] [--days N] [--quota REQUESTS_A_DAY]',
      async run({ shoal, words, values }) {
        const [name] = need(words, 'NAME') as [string];
        const { role, verbs, days, quota } = values;
        if (role !== 'app' && role !== 'admin')
          throw new Misused(`--role is app or admin, not "${role}"`);
        const value = await shoal.call('createKey', {
          json: {
            ...{ name, role, project: values.project ?? process.env['SHOAL_PROJECT'] ?? null },
            // Which there are, the edge says best.
            verbs: verbs === undefined ? null : (verbs.split(',') as Verb[]),
            dailyQuota: quota === undefined ? null : whole(quota, '--quota'),
            expiresAt: days === undefined ? null : Date.now() + whole(days, '--days') * DAY_MS,
          },
        });
        return { value, text: `${value.key}\n\nIt is not shown again.` };
      },
    },
    first: {
      usage: 'SETUP_TOKEN   (the one that the first start prints)',
      async run({ shoal, words }) {
        const [token] = need(words, 'SETUP_TOKEN') as [string];
        const value = await shoal.call('createFirstKey', { json: { token } });
        return { value, text: `${value.key}\n\nIt is not shown again.` };
      },
    },
    revoke: {
      usage: 'PREFIX',
      async run({ shoal, words }) {
        const [key] = need(words, 'PREFIX') as [string];
        const value = await shoal.call('revokeKey', { params: { key } });
        return { value, text: `${value.prefix} (${value.name}) opens nothing any more` };
      },
    },
  },
);

function rowOf({ prefix, name, role, project, verbs, expiresAt, revokedAt }: KeyInfo): string[] {
  const state = revokedAt === null ? `expires ${day(expiresAt)}` : `revoked ${day(revokedAt)}`;
  return [prefix, name, role, project ?? 'all projects', verbs?.join(',') ?? 'all verbs', state];
}
