import { zipSync } from 'fflate';
import { SAFETENSORS_TYPE, ZIP_TYPE } from '../../shared/api/media.ts';
import type { ModelCard } from '../../shared/api/schemas/versions.ts';
import { bytesOf } from '../../shared/math/bytes.ts';
import type { Model } from '../../shared/nn/model.ts';
import { FILES, graphModel } from '../../shared/nn/graph/graph-model.ts';
import { packSafetensors } from '../../shared/weights/safetensors.ts';

export type Exported = { bytes: Uint8Array; type: string };

/** What an export is made of. */
export type Source = { model: Model; weights: Float32Array; card: ModelCard };

/** The card goes along as metadata: what is no text there, as JSON. */
export function asSafetensors({ model, weights, card }: Source): Exported {
  const metadata = Object.fromEntries(
    Object.entries(metadataOf(card)).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
  return { bytes: packSafetensors(model.layout, weights, metadata), type: SAFETENSORS_TYPE };
}

export function asZip(source: Source): Exported {
  const { json, constants } = asGraph(source);
  // Weights hardly shrink, and are not worth the time.
  const stored = { level: 0 } as const;
  // Of a fixed day: the same version is the same file, whenever it is asked for.
  const mtime = new Date(1980, 0, 1);
  const bytes = zipSync(
    {
      [FILES.model]: [json.bytes, {}],
      [FILES.weights]: [bytesOf(source.weights), stored],
      [FILES.constants]: [constants.bytes, stored],
    },
    { mtime },
  );
  return { bytes, type: ZIP_TYPE };
}

export function asGraph({ model, card }: Pick<Source, 'model' | 'card'>): {
  json: Exported;
  constants: Exported;
} {
  const { json, constants } = graphModel(model, metadataOf(card));
  return {
    json: { bytes: new TextEncoder().encode(JSON.stringify(json)), type: 'application/json' },
    constants: { bytes: constants, type: 'application/octet-stream' },
  };
}

/** What is live is no property of a version: a file that says so would be wrong soon. */
function metadataOf(card: ModelCard): Record<string, unknown> {
  const lasting: Record<string, unknown> = { format: 'shoal', ...card };
  delete lasting['state'];
  delete lasting['expiredAt'];
  return lasting;
}
