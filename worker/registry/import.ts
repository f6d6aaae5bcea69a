import { unzipSync } from 'fflate';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { SAFETENSORS_TYPE } from '../../shared/api/media.ts';
import { Problem } from '../../shared/api/problem.ts';
import { bytesOf } from '../../shared/math/bytes.ts';
import { readGraphModel } from '../../shared/nn/graph/graph-model.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import type { Layout } from '../../shared/weights/layout.ts';
import { unpackSafetensors } from '../../shared/weights/safetensors.ts';
import { versions } from '../db/schema.ts';
import type { Evaluated } from '../finetune/evaluate.ts';
import { announce } from '../rounds/persist.ts';
import type { Db } from './projects.ts';
import { nextNumber, type VersionRow } from './versions.ts';

/** What a zip may unpack to, in all: one that was made to burst is refused by what it announces. */
const UNPACKED_LIMIT = 40_000_000;

/**
 * The weights that a file holds, as this project's network has them.
 * @param claimed what their hash must be; where it is left out, what the file's own card says
 * @throws Problem 707 unreadable, 708 another layout, 709 another hash, 710 not finite
 */
export async function readModel(
  bytes: Uint8Array,
  type: string,
  layout: Layout,
  claimed: string | undefined,
): Promise<Float32Array> {
  const { weights, metadata }: { weights: Float32Array; metadata: Record<string, unknown> } =
    type === SAFETENSORS_TYPE
      ? unpackSafetensors(bytes, layout)
      : readGraphModel(unzip(bytes), layout);
  const told = metadata['weights'];
  const wanted = claimed ?? (typeof told === 'string' ? told : undefined);
  const hash = await sha256Hex(bytesOf(weights));
  if (wanted !== undefined && wanted !== hash)
    throw new Problem(709, `they have ${hash}, and should have ${wanted}`);
  return weights;
}

function unzip(bytes: Uint8Array): Map<string, Uint8Array> {
  let total = 0;
  try {
    const files = unzipSync(bytes, {
      filter({ originalSize }) {
        total += originalSize;
        if (total > UNPACKED_LIMIT)
          throw new Error(`it unpacks to more than ${UNPACKED_LIMIT} bytes`);
        return true;
      },
    });
    return new Map(Object.entries(files));
  } catch (error) {
    throw new Problem(707, `zip: ${(error as Error).message}`, { cause: error });
  }
}

/** Writes an import down as a version; of weights that were imported before it is that version again. */
export async function recordImport(
  db: Db,
  project: string,
  weights: string,
  { calibration, card }: Evaluated,
): Promise<VersionRow> {
  const before = await db.query.versions.findFirst({
    where: and(
      eq(versions.project, project),
      eq(versions.weights, weights),
      eq(versions.origin, 'import'),
      isNull(versions.expiredAt),
    ),
  });
  if (before) return before;
  const number = nextNumber(project);
  announce('version import');
  const [row] = await db
    .insert(versions)
    .values({
      ...{ project, number, round: sql<number>`0 - ${number}`, origin: 'import', weights },
      ...{ parent: null, serverLoss: null, validationAccuracy: card.accuracy },
      ...{ calibration, card, createdAt: Date.now() },
    })
    .returning();
  return row as VersionRow;
}
