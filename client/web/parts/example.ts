import { toBytes } from '../../../shared/images/image-set.ts';

/** An image for a JSON body: the network's input as bytes, in base64. Kilobytes where the file has megabytes. */
export function exampleOf(image: Float32Array): { pixels: string } {
  let binary = '';
  for (const byte of toBytes(image)) binary += String.fromCharCode(byte);
  return { pixels: btoa(binary) };
}
