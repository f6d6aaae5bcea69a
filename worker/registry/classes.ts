import { and, eq, isNull } from 'drizzle-orm';
import { Problem } from '../../shared/api/problem.ts';
import type { ClassAdded, ClassInfo } from '../../shared/api/schemas.ts';
import { packImages, toUnit } from '../../shared/images/image-set.ts';
import type { Encoder } from '../classify/encoder.ts';
import { classes, prototypes } from '../db/schema.ts';
import { putBlob } from './blobs.ts';
import { changeLive, isTaken } from './change.ts';
import { type Db, getLive, type Live } from './projects.ts';
import { aliveClasses, fitClass, rowOf } from './prototypes.ts';

type NewClass = {
  project: string;
  name: string;
  /** As the network reads them, `count` one after another. */
  pixels: Uint8Array;
  count: number;
};

export async function listClasses(db: Db, project: string): Promise<ClassInfo[]> {
  const rows = await aliveClasses(db, project);
  return rows.map(({ name, kind, examples, addedIn }) => ({ name, kind, examples, addedIn }));
}

/**
 * Adds a class that the network has never been trained on.
 * @throws Problem 602 when the name is taken, 702 before the first version, 705 under a storm of changes.
 */
export async function addClass(
  env: { db: Db; bucket: R2Bucket; encoderOf: (live: Live) => Promise<Encoder> },
  { project, name, pixels, count }: NewClass,
): Promise<ClassAdded> {
  const { db, bucket, encoderOf } = env;
  await getLive(db, project);
  await refuseTaken(db, project, name);
  const support = await putBlob(
    bucket,
    'images',
    packImages({ pixels, count, labels: new Uint16Array(count) }),
  );
  const id = crypto.randomUUID();
  try {
    const change = await changeLive(db, {
      ...{ project, act: 'add-class', subject: name },
      async prepare(live, revision) {
        if (!live) throw new Error(`"${project}" lost its live version`);
        const fit = await fitClass(await encoderOf(live), toUnit(pixels), count);
        return {
          version: live.version,
          statements: [
            db.insert(classes).values({
              id,
              project,
              name,
              kind: 'novel',
              support,
              examples: count,
              addedIn: revision,
            }),
            db.insert(prototypes).values(rowOf(id, live.version, fit)),
          ],
        };
      },
    });
    return { name, examples: count, ...change };
  } catch (error) {
    if (isTaken(error, 'classes.')) throw taken(name);
    throw error;
  }
}

/** @throws Problem 603 when there is no such class, 604 when it is one of the model's own. */
export async function removeClass(
  db: Db,
  project: string,
  name: string,
): Promise<{ name: string; revision: number }> {
  const { revision } = await changeLive(db, {
    ...{ project, act: 'remove-class', subject: name },
    async prepare(live, next) {
      const row = await findClass(db, project, name);
      if (!row || !live) throw new Problem(603, `"${project}" has no class "${name}"`);
      if (row.kind === 'base')
        throw new Problem(604, `"${name}" is one of the classes the model was made for`);
      const gone = db.update(classes).set({ removedIn: next }).where(eq(classes.id, row.id));
      return { version: live.version, statements: [gone] };
    },
  });
  return { name, revision };
}

async function refuseTaken(db: Db, project: string, name: string): Promise<void> {
  if (await findClass(db, project, name)) throw taken(name);
}

function findClass(db: Db, project: string, name: string) {
  return db.query.classes.findFirst({
    where: and(eq(classes.project, project), eq(classes.name, name), isNull(classes.removedIn)),
  });
}

function taken(name: string): Problem {
  return new Problem(602, `there is a class "${name}" already`);
}
