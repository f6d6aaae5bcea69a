import { Problem } from '../../shared/api/problem.ts';
import type { Support } from '../../shared/fewshot/contract.ts';
import { joinSupports } from '../../shared/fewshot/supports.ts';
import type { ClassMerged, ClassRemoved, ClassRenamed } from '../../shared/api/schemas/classes.ts';
import { refuseTooMany } from './add-classes.ts';
import { changeLive } from './change.ts';
import { endClasses, insertClasses, novelClass, refuseTaken, type ClassTools } from './classes.ts';
import { mustBeLive } from './projects.ts';
import { getEmbedded, insertEmbeddings } from './embeddings.ts';
import { getSupport, joinImages, putSupport } from './supports.ts';

/** @throws Problem 603 when there is no such class, 604 when it is one of the model's own, 702, 705. */
export async function removeClass(
  { db, project }: ClassTools,
  name: string,
): Promise<ClassRemoved> {
  const { revision } = await changeLive(db, {
    ...{ project: project.id, act: 'remove-class', subject: name, names: [name] },
    async prepare(found, next, { named }) {
      const { version } = mustBeLive(project.id, found);
      const row = novelClass(named, project.id, name);
      return { version, statements: [endClasses(db, next, [row])] };
    },
  });
  return { name, revision };
}

/** The same support under another name: nothing is embedded. @throws Problem 602-604, 702, 705. */
export async function renameClass(
  { db, project }: ClassTools,
  from: string,
  to: string,
): Promise<ClassRenamed> {
  const change = await changeLive(db, {
    ...{ project: project.id, act: 'rename-class', subject: `${from} to ${to}`, names: [from, to] },
    async prepare(found, revision, { named }) {
      const { version } = mustBeLive(project.id, found);
      const row = novelClass(named, project.id, from);
      refuseTaken(named, [to]);
      const renamed = insertClasses(db, project.id, revision, [{ ...row, name: to }]);
      return { version, statements: [endClasses(db, revision, [row]), ...renamed] };
    },
  });
  return { name: to, ...change };
}

/**
 * Makes one class of two, under the name of the first: all examples of both. Their embeddings are
 * there, so the network is not asked. @throws Problem 603, 604, 606, 610, 702, 705.
 */
export async function mergeClasses(
  { db, bucket, project }: ClassTools,
  into: string,
  from: string,
): Promise<ClassMerged> {
  if (into === from) throw new Problem(610, `"${into}" cannot be merged with itself`);
  let examples = 0;
  const change = await changeLive(db, {
    ...{ project: project.id, act: 'merge-classes', subject: `${from} into ${into}` },
    names: [into, from],
    async prepare(found, revision, { named }) {
      const { version } = mustBeLive(project.id, found);
      const row = novelClass(named, project.id, into);
      const gone = novelClass(named, project.id, from);
      const hashes = [row.support, gone.support];
      examples = row.examples + gone.examples;
      const place = { project: project.id, version };
      const [images, stored] = await Promise.all([
        Promise.all(hashes.map((hash) => getSupport(bucket, hash))),
        getEmbedded(db, place, hashes),
      ]);
      const embedded = joinSupports(
        stored.get(row.support) as Support,
        stored.get(gone.support) as Support,
      );
      refuseTooMany(into, examples, embedded.sum.length);
      const support = await putSupport(bucket, joinImages(images));
      return {
        version,
        statements: [
          endClasses(db, revision, [row, gone]),
          ...insertClasses(db, project.id, revision, [{ name: into, support, examples }]),
          ...insertEmbeddings(db, place, [{ support, embedded }]),
        ],
      };
    },
  });
  return { name: into, examples, ...change };
}
