import { APP_VERBS, VERBS, type Verb } from '../../shared/api/route.ts';
import type { KeyInfo } from '../../shared/api/schemas/keys.ts';

/** How far a key reaches. */
export type Scope = Pick<KeyInfo, 'role' | 'project' | 'verbs' | 'dailyQuota' | 'expiresAt'>;

/**
 * What of a key lies beyond another one's reach: whoever holds that can neither make it nor revoke
 * it. @returns null when nothing does
 */
export function beyond(holder: Scope, wanted: Scope): string | null {
  if (holder.project !== null && wanted.project !== holder.project)
    return `project: it is for "${holder.project}"`;
  const more = verbsOf(wanted).filter((verb) => !verbsOf(holder).includes(verb));
  if (more.length > 0) return `verbs: it lacks ${more.join(', ')}`;
  if (isLess(holder.dailyQuota, wanted.dailyQuota))
    return `dailyQuota: it has ${holder.dailyQuota} a day`;
  if (isLess(holder.expiresAt, wanted.expiresAt))
    return `expiresAt: it expires at ${holder.expiresAt} itself`;
  return null;
}

/** Null reads as all that the role may. */
export function verbsOf({ role, verbs }: Pick<Scope, 'role' | 'verbs'>): readonly Verb[] {
  return verbs ?? (role === 'app' ? APP_VERBS : VERBS);
}

/** Null is no limit. */
function isLess(limit: number | null, wanted: number | null): boolean {
  return limit !== null && (wanted === null || wanted > limit);
}
