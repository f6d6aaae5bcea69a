import type { Context } from 'hono';
import { EMBEDDING_TYPE } from '../../shared/api/media.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import type { App, Handlers } from '../handler.ts';
import { readMany, readOne, type Asked } from '../classify/asked.ts';
import { infer } from '../classify/serve.ts';
import { check } from '../middleware/body.ts';
import { getProject, openDb, type ProjectRow } from '../registry/projects.ts';

const { embed: one, embedBatch: many } = ROUTES;

/** The network's own embeddings, [count, features], not of unit length. */
type Made = { numbers: Float32Array; features: number; version: number; revision: number };

export const embed: Handlers<'embed' | 'embedBatch'> = {
  async embed(c) {
    const project = await getProject(openDb(c.env.DB), c.req.param('project') as string);
    const made = await embedAll(c, project, await readOne(c, one.body, project.plan.input));
    const { version, revision } = made;
    return asBytes(c, made) ?? { embedding: [...made.numbers], version, revision };
  },

  async embedBatch(c) {
    const project = await getProject(openDb(c.env.DB), c.req.param('project') as string);
    const made = await embedAll(c, project, await readMany(c, many.body, project.plan.input));
    const { version, revision } = made;
    return asBytes(c, made) ?? { embeddings: rowsOf(made), version, revision };
  },
};

async function embedAll(c: Context<App>, project: ProjectRow, asked: Asked): Promise<Made> {
  const wanted = check(one.query, c.req.query());
  const { inferred, live } = await infer(c, project, asked, wanted);
  const { embeddings, lengths } = inferred;
  const features = embeddings.length / lengths.length;
  const numbers = embeddings.map((value, i) => value * lengths[Math.floor(i / features)]!);
  return { numbers, features, version: live.version, revision: live.revision };
}

function rowsOf({ numbers, features }: Made): number[][] {
  return Array.from({ length: numbers.length / features }, (_, i) => [
    ...numbers.subarray(i * features, (i + 1) * features),
  ]);
}

/** Raw numbers where the caller's Accept header names them, else undefined. */
function asBytes(c: Context<App>, { numbers, version, revision }: Made): Response | undefined {
  if (!c.req.header('accept')?.includes(EMBEDDING_TYPE)) return undefined;
  return new Response(numbers as Float32Array<ArrayBuffer>, {
    headers: {
      'content-type': EMBEDDING_TYPE,
      'x-shoal-version': String(version),
      'x-shoal-revision': String(revision),
    },
  });
}
