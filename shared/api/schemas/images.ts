import * as v from 'valibot';
import { base64 } from './fields.ts';

/**
 * An image in JSON: the bytes of a PNG, JPEG or WebP file in base64, or the network's own input,
 * size*size*channels bytes of 0-255 in base64.
 */
export const ImageSchema = v.union([v.object({ image: base64 }), v.object({ pixels: base64 })]);
export type ImageInput = v.InferOutput<typeof ImageSchema>;
