import * as v from 'valibot';
import { SAFETENSORS_TYPE, ZIP_TYPE } from '../media.ts';
import { MB, OF_KEYS, project, type Route } from '../route.ts';
import {
  ComparisonSchema,
  MadeLiveSchema,
  ModelCardSchema,
  TaskSchema,
  VersionSchema,
} from '../schemas/versions.ts';

const version = `${project}/versions/:version` as const;

const EXPORT = {
  method: 'GET',
  access: 'public',
  problems: [301, 701, 711],
} as const;

export const versions = {
  listVersions: {
    method: 'GET',
    path: `${project}/versions`,
    access: 'public',
    summary: 'Versions of the student, newest first.',
    reply: { status: 200, json: v.array(VersionSchema) },
    problems: [301],
  },
  getVersion: {
    method: 'GET',
    path: version,
    access: 'public',
    summary:
      "A version's model card: where it comes from, how it was learnt, what it reads, how good it is.",
    reply: { status: 200, json: ModelCardSchema },
    problems: [301, 701],
  },
  compareVersions: {
    method: 'GET',
    path: `${version}/compare/:other`,
    access: 'admin',
    verb: 'models',
    summary: 'Two versions on the validation images: both metrics, and where their answers differ.',
    reply: { status: 200, json: ComparisonSchema },
    problems: [...OF_KEYS, 301, 701, 711],
  },
  makeLive: {
    method: 'POST',
    path: `${version}/live`,
    access: 'admin',
    verb: 'models',
    summary:
      'Make a version live, a newer or an earlier one, classes and all, at once. 202 where classes are embedded first: `task` says how far that is.',
    query: v.object({
      /** Also a version that recognises fewer validation images than the live one. */
      force: v.optional(v.picklist(['true', 'false']), 'false'),
    }),
    reply: { status: 200, later: 202, json: MadeLiveSchema },
    problems: [101, ...OF_KEYS, 301, 701, 702, 704, 705, 711],
  },
  importVersion: {
    method: 'POST',
    path: `${project}/versions`,
    access: 'admin',
    verb: 'models',
    summary:
      'A version from a file: what a version was exported as. It is judged and calibrated before it can go live.',
    body: { types: [SAFETENSORS_TYPE, ZIP_TYPE], limit: 32 * MB },
    query: v.object({
      /** SHA-256 of the flat float32 weights, in hex: a file that has others is refused. */
      weights: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits'))),
    }),
    reply: { status: 202, json: TaskSchema },
    problems: [101, 102, 104, ...OF_KEYS, 301, 702, 707, 708, 709, 710],
  },
  getTask: {
    method: 'GET',
    path: `${project}/tasks/:task`,
    access: 'admin',
    verb: 'models',
    summary: 'How far a promotion, an import or a canary is that a 202 has announced.',
    reply: { status: 200, json: TaskSchema },
    problems: [...OF_KEYS, 301, 714],
  },
  exportSafetensors: {
    ...EXPORT,
    path: `${version}/model.safetensors`,
    summary: 'A version as safetensors, with its card as metadata.',
    reply: { status: 200, type: SAFETENSORS_TYPE },
  },
  exportZip: {
    ...EXPORT,
    path: `${version}/tfjs.zip`,
    summary: 'A version as a tfjs graph model with its card, in one file.',
    reply: { status: 200, type: ZIP_TYPE },
  },
  exportGraph: {
    ...EXPORT,
    path: `${version}/tfjs/model.json`,
    summary:
      'The same for `tf.loadGraphModel`, which fetches the other two files from beside this one.',
    reply: { status: 200, type: 'application/json' },
  },
  exportGraphWeights: {
    ...EXPORT,
    path: `${version}/tfjs/weights.bin`,
    summary: 'Its weights: the very bytes that the hash is of.',
    reply: { status: 200, type: 'application/octet-stream' },
  },
  exportGraphConstants: {
    ...EXPORT,
    path: `${version}/tfjs/constants.bin`,
    summary: 'Its shapes and axes.',
    reply: { status: 200, type: 'application/octet-stream' },
  },
} as const satisfies Record<string, Route>;
