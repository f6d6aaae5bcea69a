import { Problem } from '../../shared/api/problem.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { NewExamplesSchema } from '../../shared/api/schemas/examples.ts';
import type { Handlers } from '../handler.ts';
import { readImages } from '../classify/read.ts';
import { readJson } from '../middleware/body.ts';
import {
  addExamples,
  checkClass,
  getExample,
  listExamples,
  removeExample,
} from '../registry/examples.ts';
import { pngOf } from '../registry/picture.ts';
import { toolsOf } from './classes.ts';

type Names = 'listExamples' | 'getExample' | 'addExamples' | 'removeExample' | 'checkClass';

export const examples: Handlers<Names> = {
  async listExamples(c) {
    return listExamples(await toolsOf(c), c.req.param('class') as string);
  },

  async getExample(c) {
    const tools = await toolsOf(c);
    const { class: name, example } = c.req.param() as { class: string; example: string };
    const pixels = await getExample(tools, name, example);
    // Named by their content, but only for those who may see them.
    const headers = {
      'content-type': 'image/png',
      'cache-control': 'private, max-age=31536000, immutable',
    };
    return new Response(await pngOf(pixels, tools.project.plan.input), { headers });
  },

  async addExamples(c) {
    const name = c.req.param('class') as string;
    const { examples: images } = await readJson(
      c,
      NewExamplesSchema,
      ROUTES.addExamples.body.limit,
    );
    const tools = await toolsOf(c);
    if (images.length === 0) throw new Problem(601, `no example came for "${name}"`);
    const pixels = await readImages(images, tools.project.plan.input);
    return addExamples(tools, name, { pixels, count: images.length });
  },

  async removeExample(c) {
    const { class: name, example } = c.req.param() as { class: string; example: string };
    return removeExample(await toolsOf(c), name, example);
  },

  async checkClass(c) {
    return checkClass(await toolsOf(c), c.req.param('class') as string);
  },
};
