import * as v from 'valibot';
import { MB, OF_KEYS, project, type Route } from '../route.ts';
import { NewProjectSchema, ProjectSchema, ProjectStateSchema } from '../schemas/projects.ts';

export const projects = {
  listProjects: {
    method: 'GET',
    path: '/v1/projects',
    access: 'public',
    summary: 'All projects.',
    reply: { status: 200, json: v.array(ProjectSchema) },
    problems: [],
  },
  createProject: {
    method: 'POST',
    path: '/v1/projects',
    access: 'admin',
    verb: 'projects',
    summary:
      'A new project from a few labelled images. Its first version is trained on them at once.',
    body: { json: NewProjectSchema, limit: 64 * MB },
    reply: { status: 201, json: ProjectSchema },
    problems: [101, 102, 104, ...OF_KEYS, 302, 303, 304, 501, 502, 503],
  },
  getProject: {
    method: 'GET',
    path: project,
    access: 'public',
    summary: 'A project: its plan, what is live, where training stands.',
    reply: { status: 200, json: ProjectStateSchema },
    problems: [301],
  },
} as const satisfies Record<string, Route>;
