import { ROUTES, TENSOR_TYPE } from '../../shared/api/routes.ts';
import type { Handlers } from '../handler.ts';
import { classifierOf, encoderOf } from '../classify/cache.ts';
import { answer } from '../classify/classify.ts';
import { readFile, readTensor } from '../classify/read.ts';
import { check, mediaType, readBytes } from '../middleware/body.ts';
import { getLive, getProject, openDb } from '../registry/projects.ts';

const { body, query } = ROUTES.classify;

export const classify: Handlers<'classify'> = {
  async classify(c) {
    const { top } = check(query, c.req.query());
    const db = openDb(c.env.DB);
    const project = await getProject(db, c.req.param('project') as string);
    const bytes = await readBytes(c, body.limit, body.types);
    const { input } = project.plan;
    const isTensor = mediaType(c) === TENSOR_TYPE;
    const image = isTensor ? readTensor(bytes, input) : await readFile(bytes, input);
    // Version, classes and prototypes all follow from this one row: an answer mixes nothing.
    const live = await getLive(db, project.id);
    const [encoder, classifier] = await Promise.all([
      encoderOf(c.env.BLOBS, project, live),
      classifierOf(db, project, live),
    ]);
    return answer(classifier, await encoder.infer(image, 1), top);
  },
};
