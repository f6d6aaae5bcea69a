import * as v from 'valibot';
import { MB, OF_KEYS, project, type Route } from '../route.ts';
import {
  ClassAddedSchema,
  ClassesAddedSchema,
  ClassMergedSchema,
  ClassRemovedSchema,
  ClassRenamedSchema,
  ClassSchema,
  MergeSchema,
  NewClassesSchema,
  NewClassSchema,
  NewNameSchema,
} from '../schemas/classes.ts';

export const classes = {
  listClasses: {
    method: 'GET',
    path: `${project}/classes`,
    access: 'public',
    summary: 'The classes an image can be answered with.',
    reply: { status: 200, json: v.array(ClassSchema) },
    problems: [301],
  },
  addClass: {
    method: 'POST',
    path: `${project}/classes`,
    access: 'admin',
    verb: 'classes',
    summary:
      'A class the model has never seen, from a few examples. The next request knows it; the reply says which examples look bad.',
    body: { json: NewClassSchema, limit: 64 * MB },
    reply: { status: 201, json: ClassAddedSchema },
    problems: [101, 102, 104, ...OF_KEYS, 301, 501, 502, 503, 601, 602, 605, 606, 702, 705],
  },
  addClasses: {
    method: 'POST',
    path: `${project}/classes/batch`,
    access: 'admin',
    verb: 'classes',
    summary:
      'Up to 200 classes at once, of 1,000 images in all: one revision, all of them or none.',
    body: { json: NewClassesSchema, limit: 16 * MB },
    reply: { status: 201, json: ClassesAddedSchema },
    problems: [101, 102, 104, ...OF_KEYS, 301, 501, 502, 503, 601, 602, 605, 606, 611, 702, 705],
  },
  renameClass: {
    method: 'PATCH',
    path: `${project}/classes/:class`,
    access: 'admin',
    verb: 'classes',
    summary: 'Rename a class that was added.',
    body: { json: NewNameSchema, limit: 1000 },
    reply: { status: 200, json: ClassRenamedSchema },
    problems: [101, 102, 104, ...OF_KEYS, 301, 602, 603, 604, 702, 705],
  },
  removeClass: {
    method: 'DELETE',
    path: `${project}/classes/:class`,
    access: 'admin',
    verb: 'classes',
    summary: 'Remove a class that was added.',
    reply: { status: 200, json: ClassRemovedSchema },
    problems: [...OF_KEYS, 301, 603, 604, 702, 705],
  },
  mergeClasses: {
    method: 'POST',
    path: `${project}/classes/:class/merge`,
    access: 'admin',
    verb: 'classes',
    summary: 'Give a class all examples of another, which goes: both were added later.',
    body: { json: MergeSchema, limit: 1000 },
    reply: { status: 200, json: ClassMergedSchema },
    problems: [101, 102, 104, ...OF_KEYS, 301, 603, 604, 606, 610, 702, 705],
  },
} as const satisfies Record<string, Route>;
