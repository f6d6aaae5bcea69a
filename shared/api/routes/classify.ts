import * as v from 'valibot';
import { EMBEDDING_TYPE, FORM_TYPE, IMAGE_TYPES, TENSOR_TYPE } from '../media.ts';
import { MB, OF_KEYS, project, type Route } from '../route.ts';
import { whole } from '../schemas/fields.ts';
import { ImageSchema } from '../schemas/images.ts';
import {
  AnswerSchema,
  AnswersSchema,
  AskedBatchSchema,
  AskedSchema,
  EmbeddedBatchSchema,
  EmbeddedSchema,
} from '../schemas/answers.ts';

/** At least this revision of the project: what the caller's own change was answered with. */
const minRevision = v.optional(whole(0, Number.MAX_SAFE_INTEGER), '0');

const asking = v.object({
  top: v.optional(whole(1, 100), '5'),
  minRevision,
  /** So many of the most similar examples, as the explanation. */
  explain: v.optional(whole(0, 50), '0'),
  /** Of an embedding: the version that made it. */
  version: v.optional(whole(1, Number.MAX_SAFE_INTEGER)),
});

const embedding = v.object({ minRevision });

const FILE = 8 * MB;
const FILES = 32 * MB;

const OF_IMAGES = [101, 102, 104, ...OF_KEYS, 301, 501, 502, 503] as const;
/** What may be missing behind the door. */
const OF_LIVE = [702, 706] as const;

export const classify = {
  classify: {
    method: 'POST',
    path: `${project}/classify`,
    access: 'app',
    verb: 'classify',
    summary:
      'What is in this image? Send a file, the tensor the network reads, or an embedding of the live version.',
    body: { json: AskedSchema, types: [...IMAGE_TYPES, TENSOR_TYPE, EMBEDDING_TYPE], limit: FILE },
    query: asking,
    reply: { status: 200, json: AnswerSchema },
    problems: [...OF_IMAGES, 504, 505, ...OF_LIVE],
  },
  classifyBatch: {
    method: 'POST',
    path: `${project}/classify/batch`,
    access: 'app',
    verb: 'classify',
    summary:
      'What is in these images? At most 64 files of a form, or in JSON; one bad image, and none is answered.',
    body: {
      json: AskedBatchSchema,
      types: [FORM_TYPE, TENSOR_TYPE, EMBEDDING_TYPE],
      limit: FILES,
    },
    query: asking,
    reply: { status: 200, json: AnswersSchema },
    problems: [...OF_IMAGES, 504, 505, 506, ...OF_LIVE],
  },
  embed: {
    method: 'POST',
    path: `${project}/embed`,
    access: 'app',
    verb: 'embed',
    summary:
      'The embedding of an image: as JSON, or as raw float32 where the Accept header names the type.',
    body: { json: ImageSchema, types: [...IMAGE_TYPES, TENSOR_TYPE], limit: FILE },
    query: embedding,
    reply: { status: 200, json: EmbeddedSchema, type: EMBEDDING_TYPE },
    problems: [...OF_IMAGES, ...OF_LIVE],
  },
  embedBatch: {
    method: 'POST',
    path: `${project}/embed/batch`,
    access: 'app',
    verb: 'embed',
    summary: 'The embeddings of at most 64 images, one after another.',
    body: {
      json: v.object({ images: v.pipe(v.array(ImageSchema), v.minLength(1)) }),
      types: [FORM_TYPE, TENSOR_TYPE],
      limit: FILES,
    },
    query: embedding,
    reply: { status: 200, json: EmbeddedBatchSchema, type: EMBEDDING_TYPE },
    problems: [...OF_IMAGES, 506, ...OF_LIVE],
  },
} as const satisfies Record<string, Route>;
