import { parseArgs } from 'node:util';
import { Api } from '../../net/api.ts';
import { loadHandwriting } from '../../data/handwriting/load.ts';
import { HANDWRITING_PLAN } from '../../data/handwriting/plan.ts';
import { newProject } from '../../data/handwriting/project.ts';
import { splitWriters } from '../../data/handwriting/split.ts';
import { startEdge } from '../edge/edge.ts';
import type { Command } from '../command.ts';

/** The edge, up until it is stopped, with a sample project to try at first start. */
export const start: Command = {
  usage: 'shoal start [--port 8787] [--folder .shoal/edge] [--empty]',
  summary: 'Run the edge on this machine and keep it up; prints the pages and a first admin token.',
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: 'string', default: '8787' },
        folder: { type: 'string', default: '.shoal/edge' },
        empty: { type: 'boolean', default: false },
      },
    });
    const edge = await startEdge({
      folder: values.folder,
      port: Number(values.port),
      say: console.log,
    });
    const api = new Api(edge.origin, edge.adminToken);
    if (!values.empty && (await api.call('listProjects')).length === 0) {
      const project = newProject(loadHandwriting(), splitWriters(1), HANDWRITING_PLAN);
      await api.call('createProject', { json: project });
    }
    console.log(`
  Contribute   ${edge.origin}/
  Admin        ${edge.origin}/admin
  Playground   ${edge.origin}/playground
  API          ${edge.origin}/docs

  Admin token  ${edge.adminToken}

  Ctrl+C stops it; everything is kept in ${values.folder}.`);
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    await edge.stop();
  },
};
