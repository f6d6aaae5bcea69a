import * as v from 'valibot';
import { MB, OF_KEYS, project, type Route } from '../route.ts';
import {
  ClassChangedSchema,
  ExampleSchema,
  NewExamplesSchema,
  ReportSchema,
} from '../schemas/examples.ts';

const path = `${project}/classes/:class/examples` as const;

export const examples = {
  listExamples: {
    method: 'GET',
    path,
    access: 'admin',
    verb: 'classes',
    summary: 'The examples of a class, in the order in which they came.',
    reply: { status: 200, json: v.array(ExampleSchema) },
    problems: [...OF_KEYS, 301, 603],
  },
  getExample: {
    method: 'GET',
    path: `${path}/:example`,
    access: 'admin',
    verb: 'classes',
    summary: 'An example as the network reads it: a PNG of size x size pixels.',
    reply: { status: 200, type: 'image/png' },
    problems: [...OF_KEYS, 301, 603, 607],
  },
  addExamples: {
    method: 'POST',
    path,
    access: 'admin',
    verb: 'classes',
    summary: 'More examples of a class that was added. The reply says which examples look bad.',
    body: { json: NewExamplesSchema, limit: 64 * MB },
    reply: { status: 201, json: ClassChangedSchema },
    problems: [101, 102, 104, ...OF_KEYS, 301, 501, 502, 503, 601, 603, 604, 606, 702, 705],
  },
  removeExample: {
    method: 'DELETE',
    path: `${path}/:example`,
    access: 'admin',
    verb: 'classes',
    summary: 'Take one example away from a class that was added.',
    reply: { status: 200, json: ClassChangedSchema },
    problems: [...OF_KEYS, 301, 603, 604, 607, 608, 702, 705],
  },
  checkClass: {
    method: 'GET',
    path: `${project}/classes/:class/report`,
    access: 'admin',
    verb: 'classes',
    summary:
      'Each example of a class left out of it and compared with all classes: which look bad, and which class is most like it.',
    reply: { status: 200, json: ReportSchema },
    problems: [...OF_KEYS, 301, 603, 702],
  },
} as const satisfies Record<string, Route>;
