/** Runs in a tab: a file through the page's own decoding and network, on the wasm backend. */
import { decodeImage } from '../../client/data/decode.ts';
import { startBackend } from '../../client/tf.ts';
import { createModel, type ModelSpec } from '../../shared/nn/model.ts';
import { createEncoder } from '../../worker/classify/encoder.ts';

/** @param file base64 of an image file  @param weights base64 of float32  @returns unit embedding, and the network's input */
async function embed(file: string, spec: ModelSpec, weights: string) {
  const bytes = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const input = await decodeImage(new Blob([bytes(file)]), spec.input);
  const { tf, backend } = await startBackend(['wasm']);
  const encoder = createEncoder(tf, createModel(spec), new Float32Array(bytes(weights).buffer));
  const { embeddings } = await encoder.infer(input, 1);
  encoder.dispose();
  return { backend, embedding: [...embeddings], input: [...input] };
}

export type Embed = typeof embed;
Object.assign(globalThis, { embed });
