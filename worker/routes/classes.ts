import type { Context } from 'hono';
import { Problem } from '../../shared/api/problem.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import {
  MergeSchema,
  NewClassesSchema,
  NewClassSchema,
  NewNameSchema,
} from '../../shared/api/schemas/classes.ts';
import type { App, Handlers } from '../handler.ts';
import { classifierOf, encoderOf } from '../classify/cache.ts';
import { readImages } from '../classify/read.ts';
import { readJson } from '../middleware/body.ts';
import { addClass, addClasses, type NewClass } from '../registry/add-classes.ts';
import { listClasses, type ClassTools } from '../registry/classes.ts';
import { getProject, openDb, type ProjectRow } from '../registry/projects.ts';
import { mergeClasses, removeClass, renameClass } from '../registry/rearrange.ts';

/** Images of one request for many classes. */
const MOST_IMAGES = 1000;

type Names =
  | 'listClasses'
  | 'addClass'
  | 'addClasses'
  | 'renameClass'
  | 'removeClass'
  | 'mergeClasses';

export const classes: Handlers<Names> = {
  async listClasses(c) {
    const db = openDb(c.env.DB);
    const { id } = await getProject(db, c.req.param('project') as string);
    return listClasses(db, id);
  },

  async addClass(c) {
    const asked = await readJson(c, NewClassSchema, ROUTES.addClass.body.limit);
    const tools = await toolsOf(c);
    return addClass(tools, await readClass(asked, tools.project));
  },

  async addClasses(c) {
    const asked = await readJson(c, NewClassesSchema, ROUTES.addClasses.body.limit);
    const tools = await toolsOf(c);
    const images = asked.classes.reduce((sum, { examples }) => sum + examples.length, 0);
    if (images > MOST_IMAGES)
      throw new Problem(611, `${images} images, of at most ${MOST_IMAGES} a request`);
    const read: NewClass[] = [];
    // One after another: a file may hold 16 megapixels.
    for (const one of asked.classes)
      read.push(
        await readClass(one, tools.project).catch((error: unknown) => {
          if (!(error instanceof Problem)) throw error;
          throw new Problem(error.code, `class "${one.name}": ${error.message}`, { cause: error });
        }),
      );
    return addClasses(tools, read);
  },

  async renameClass(c) {
    const { name } = await readJson(c, NewNameSchema, ROUTES.renameClass.body.limit);
    return renameClass(await toolsOf(c), c.req.param('class') as string, name);
  },

  async removeClass(c) {
    return removeClass(await toolsOf(c), c.req.param('class') as string);
  },

  async mergeClasses(c) {
    const { from } = await readJson(c, MergeSchema, ROUTES.mergeClasses.body.limit);
    return mergeClasses(await toolsOf(c), c.req.param('class') as string, from);
  },
};

/** What acts on classes need, of the project in the request's address. @throws Problem 301 */
export async function toolsOf(c: Context<App>): Promise<ClassTools> {
  const db = openDb(c.env.DB);
  const bucket = c.env.BLOBS;
  const project = await getProject(db, c.req.param('project') as string);
  return {
    ...{ db, bucket, project },
    encoderOf: (live) => encoderOf(bucket, project, live),
    tableOf: (live) => classifierOf({ db, bucket }, project, live),
  };
}

type Asked = { name: string; examples: Parameters<typeof readImages>[0] };

async function readClass({ name, examples }: Asked, project: ProjectRow) {
  if (examples.length === 0) throw new Problem(601, `the class "${name}" came without an example`);
  const pixels = await readImages(examples, project.plan.input);
  return { name, pixels, count: examples.length };
}
