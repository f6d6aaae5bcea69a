import { parseArgs } from 'node:util';
import { Api } from '../../net/api.ts';
import { loadHandwriting } from '../../data/handwriting/load.ts';
import { HANDWRITING_PLAN } from '../../data/handwriting/plan.ts';
import { newProject } from '../../data/handwriting/project.ts';
import { splitWriters } from '../../data/handwriting/split.ts';
import { startEdge, type Edge } from '../edge/edge.ts';
import type { Command } from '../command.ts';

/** The edge, up until it is stopped, with a sample project to try at first start. */
export const start: Command = {
  usage: 'shoal start [--port 8787] [--folder .shoal/edge] [--empty] [--set NAME=VALUE] [--json]',
  summary:
    'Run the edge on this machine and keep it up; prints the pages and, the first time, a token for the first admin key.',
  example: 'npx shoal start --port 8787 --empty',
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: 'string', default: '8787' },
        folder: { type: 'string', default: '.shoal/edge' },
        empty: { type: 'boolean', default: false },
        set: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
      },
    });
    const edge = await startEdge({
      folder: values.folder,
      port: Number(values.port),
      vars: settingsOf(values.set),
      say: values.json ? console.error : console.log,
    });
    const api = new Api(edge.origin, edge.adminToken);
    if (!values.empty && (await api.call('listProjects')).length === 0) {
      const project = newProject(loadHandwriting(), splitWriters(1), HANDWRITING_PLAN);
      await api.call('createProject', { json: project });
    }
    const setupToken = await pendingToken(api, edge);
    if (values.json) console.log(JSON.stringify({ origin: edge.origin, setupToken }));
    else console.log(welcome(edge.origin, setupToken, values.folder));
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    await edge.stop();
  },
};

function welcome(origin: string, setupToken: string | null, folder: string): string {
  const admin = setupToken
    ? `Setup token  ${setupToken}   (once: the admin page gives you a key for it)`
    : 'Admin keys are there already; one of them makes more.';
  return `
  Contribute   ${origin}/
  Admin        ${origin}/admin
  Playground   ${origin}/playground
  API          ${origin}/docs

  ${admin}

  Ctrl+C stops it; everything is kept in ${folder}.`;
}

/** `CHALLENGE=work` and the like: worker/env.ts has them all, and refuses what it cannot use. */
function settingsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(pair) ?? [];
      if (name === undefined || value === undefined)
        throw new Error(`--set ${pair}: it is NAME=VALUE, as CHALLENGE=work`);
      return [name, value];
    }),
  );
}

/** The token of the first start, until somebody has taken the first key with it. */
async function pendingToken(api: Api, { setupToken }: Edge): Promise<string | null> {
  const keys = await api.call('listKeys');
  return keys.some(({ role }) => role === 'admin') ? null : setupToken;
}
