import { waitUntil } from 'cloudflare:workers';
import { Problem } from '../../shared/api/problem.ts';
import { LIVE_MS } from '../../shared/api/schemas/answers.ts';
import { getLive, type Db, type Live } from '../registry/projects.ts';

/** From this age on it is read again beside the request, so that under load none waits for D1. */
const REFRESH_MS = LIVE_MS / 2;

/** `readAt`: when the read began, by which time this was live. */
type Seen = { live: Live; readAt: number };

const seen = new Map<string, Seen>();
const reading = new Map<string, Promise<Seen>>();
const KEEP = 1000;

/**
 * What a request is answered with: one row, from which version, classes and weights follow.
 * @param fresh as of now, not up to a second ago  @param minRevision at least this revision
 * @throws Problem 702 before the first version, 706 when that revision is not there
 */
export async function liveFor(
  db: Db,
  project: string,
  { fresh, minRevision }: { fresh: boolean; minRevision: number },
): Promise<Live> {
  const known = seen.get(project);
  const age = known ? Date.now() - known.readAt : Infinity;
  if (known && !fresh && age <= LIVE_MS && known.live.revision >= minRevision) {
    if (age > REFRESH_MS) void shared(db, project);
    return known.live;
  }
  // A read that began before this request came may not know what it must.
  const own = fresh || minRevision > 0;
  const { live } = await (own ? read(db, project) : shared(db, project));
  if (live.revision < minRevision)
    throw new Problem(706, `"${project}" is at revision ${live.revision}, not ${minRevision}`, {
      retryAfter: 1,
    });
  return live;
}

/** One read at a time for all who may make do with the same. */
function shared(db: Db, project: string): Promise<Seen> {
  const underWay = reading.get(project);
  if (underWay) return underWay;
  const made = read(db, project).finally(() => reading.delete(project));
  reading.set(project, made);
  // Others wait for it, whether its caller does or not; each of them hears when it fails.
  waitUntil(made.catch(() => undefined));
  return made;
}

async function read(db: Db, project: string): Promise<Seen> {
  const readAt = Date.now();
  const now = { live: await getLive(db, project), readAt };
  const known = seen.get(project);
  // Reads may overtake each other: what was seen once is not forgotten again.
  if (known && known.live.revision > now.live.revision) return known;
  if (seen.size >= KEEP) seen.clear();
  seen.set(project, now);
  return now;
}
