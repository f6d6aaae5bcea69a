import type { Context } from 'hono';
import type { InferOutput } from 'valibot';
import { ROUTES } from '../../shared/api/routes.ts';
import type { Verdict } from '../../shared/api/schemas/answers.ts';
import type { App, Handlers } from '../handler.ts';
import { readMany, readOne, type Asked } from '../classify/asked.ts';
import { verdictsOf } from '../classify/classify.ts';
import { explain } from '../classify/nearest.ts';
import { classesFor, inferBy, liveAsked } from '../classify/serve.ts';
import { answerOnTrial } from '../classify/trial.ts';
import { check } from '../middleware/body.ts';
import { getProject, openDb, type Live, type ProjectRow } from '../registry/projects.ts';

const { classify: one, classifyBatch: many } = ROUTES;
type Query = InferOutput<typeof one.query>;

export const classify: Handlers<'classify' | 'classifyBatch'> = {
  async classify(c) {
    const query = check(one.query, c.req.query());
    const project = await getProject(openDb(c.env.DB), c.req.param('project') as string);
    const asked = await readOne(c, one.body, project.plan.input);
    const { verdicts, version, revision } = await answer(c, project, asked, query);
    return { ...verdicts[0]!, version, revision };
  },

  async classifyBatch(c) {
    const query = check(many.query, c.req.query());
    const project = await getProject(openDb(c.env.DB), c.req.param('project') as string);
    const asked = await readMany(c, many.body, project.plan.input);
    const { verdicts, version, revision } = await answer(c, project, asked, query);
    return { answers: verdicts, version, revision };
  },
};

type Answered = { verdicts: Verdict[]; version: number; revision: number };

/** By the live version, or by a canary; an embedding is no canary's, for it is of one version. */
async function answer(
  c: Context<App>,
  project: ProjectRow,
  asked: Asked,
  query: Query,
): Promise<Answered> {
  const live = await liveAsked(c, project, asked, query);
  const by = (version: Live) => answerBy(c, project, asked, query, version);
  return 'images' in asked ? answerOnTrial(c, project.id, live, by) : by(live);
}

/** Version, classes and calibration all follow from one row: an answer mixes nothing. */
async function answerBy(
  c: Context<App>,
  project: ProjectRow,
  asked: Asked,
  query: Query,
  live: Live,
): Promise<Answered> {
  const inferred = await inferBy(c, project, asked, live);
  const classifier = await classesFor(c, project, live);
  const { version, revision } = classifier;
  const verdicts = verdictsOf(classifier, inferred, query.top);
  if (query.explain === 0) return { verdicts, version, revision };
  const db = openDb(c.env.DB);
  const images = { verdicts, embeddings: inferred.embeddings };
  return {
    verdicts: await explain(db, project.id, classifier, images, query.explain),
    version,
    revision,
  };
}
