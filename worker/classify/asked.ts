import type { Context } from 'hono';
import { EMBEDDING_TYPE, FORM_TYPE, TENSOR_TYPE } from '../../shared/api/media.ts';
import { Problem } from '../../shared/api/problem.ts';
import { mediaTypesOf, type Route } from '../../shared/api/route.ts';
import {
  MOST_ASKED,
  type Asked as AskedJson,
  type AskedBatch,
} from '../../shared/api/schemas/answers.ts';
import { pixelsOf } from '../../shared/images/image-set.ts';
import type { InputSpec } from '../../shared/nn/net.ts';
import type { App } from '../handler.ts';
import { check, mediaType, parseJson, readBytes } from '../middleware/body.ts';
import { readFile, readFiles, readInput, readInputs, readTensor } from './read.ts';

/**
 * What a request asks about: images as the network reads them, or its own embeddings, at most so many;
 * how long each is only the network can tell.
 */
export type Asked = { images: Float32Array } | { embeddings: Float32Array; most: number };

type Body = Extract<NonNullable<Route['body']>, { json: unknown }>;

/** One image or embedding, however it came. @throws Problem 101, 102, 104, 501-504 */
export async function readOne(c: Context<App>, body: Body, input: InputSpec): Promise<Asked> {
  const bytes = await readBytes(c, body.limit, mediaTypesOf(body));
  switch (mediaType(c)) {
    case 'application/json': {
      const asked = check(body.json, parseJson(bytes)) as AskedJson;
      if ('embedding' in asked) return { embeddings: Float32Array.from(asked.embedding), most: 1 };
      return { images: await readInput(asked, input) };
    }
    case TENSOR_TYPE: {
      const images = readTensor(bytes, input);
      if (images.length !== pixelsOf(input))
        throw new Problem(503, `${images.length} numbers, one image has ${pixelsOf(input)}`);
      return { images };
    }
    case EMBEDDING_TYPE:
      return { embeddings: readNumbers(bytes), most: 1 };
    default:
      return { images: await readFile(bytes, input) };
  }
}

/** The same for many. @throws Problem 101, 102, 104, 501-504, 506 */
export async function readMany(c: Context<App>, body: Body, input: InputSpec): Promise<Asked> {
  const bytes = await readBytes(c, body.limit, mediaTypesOf(body));
  switch (mediaType(c)) {
    case FORM_TYPE: {
      const files = await readForm(c, bytes);
      refuseTooMany(files.length);
      return { images: await readFiles(files, input) };
    }
    case TENSOR_TYPE: {
      const images = readTensor(bytes, input);
      refuseTooMany(images.length / pixelsOf(input));
      return { images };
    }
    case EMBEDDING_TYPE:
      return { embeddings: readNumbers(bytes), most: MOST_ASKED };
    default: {
      const asked = check(body.json, parseJson(bytes)) as AskedBatch;
      const count = 'images' in asked ? asked.images.length : asked.embeddings.length;
      refuseTooMany(count);
      if ('images' in asked) return { images: await readInputs(asked.images, input) };
      const [first = [], ...others] = asked.embeddings;
      const odd = others.findIndex(({ length }) => length !== first.length);
      if (odd >= 0) throw new Problem(504, `embedding ${odd + 1} is not as long as the first`);
      return { embeddings: Float32Array.from(asked.embeddings.flat()), most: MOST_ASKED };
    }
  }
}

/** @throws Problem 506 */
function refuseTooMany(count: number): void {
  if (count > MOST_ASKED) throw new Problem(506, `${count} images, of at most ${MOST_ASKED}`);
}

/** The files of a form, in its order, whatever they are called. @throws Problem 101 */
async function readForm(c: Context<App>, bytes: Uint8Array): Promise<Uint8Array[]> {
  const type = c.req.header('content-type') as string;
  const form = await new Response(bytes as BodyInit, { headers: { 'content-type': type } })
    .formData()
    .catch((cause: unknown) => {
      throw new Problem(101, 'the form cannot be read: it is not whole', { cause });
    });
  const files: Uint8Array[] = [];
  for (const [field, value] of form) {
    if (typeof value === 'string') throw new Problem(101, `${field}: it is text, and not a file`);
    files.push(new Uint8Array(await value.arrayBuffer()));
  }
  if (files.length === 0) throw new Problem(101, 'the form has no file');
  return files;
}

function readNumbers(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0)
    throw new Problem(504, `${bytes.length} bytes are no float32 numbers`);
  return new Float32Array(bytes.slice().buffer);
}
