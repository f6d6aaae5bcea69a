import { signal } from '@preact/signals';
import type { Revisions } from '../../../../../shared/api/schemas/revisions.ts';
import { adminApi } from '../../../parts/token.tsx';
import { language, say } from '../../../text/language.ts';
import { acts, undoings, words } from '../../../text/classes.ts';

export type Revision = Revisions['revisions'][number];
type Change = Pick<Revision, 'act' | 'subject'>;

/** What this page changed last: its lists are fetched anew by the revision, and it can be taken back. */
export const lastChange = signal<{ revision: number; text: string } | null>(null);

export function tellChange({ revision }: { revision: number }, text: string): void {
  lastChange.value = { revision, text };
}

export async function undo(project: string, revision: number): Promise<void> {
  const params = { project };
  const reply = await adminApi().call('undo', { params, json: { revision } });
  tellChange(reply, say(words.undone, { change: changeText(reply.undone) }));
}

export function changeText(change: Change): string {
  return say(acts[change.act], { subject: subjectOf(change) });
}

/** What happens when it is undone. Versions are not: a rollback takes them back. */
export function undoingText(change: Change): string {
  const { act } = change;
  if (act === 'promote' || act === 'rollback') return '';
  return say(undoings[act], { subject: subjectOf(change) });
}

const KOREAN: readonly (readonly [RegExp, string])[] = [
  [/^version (\d+)$/, '버전 $1'],
  [/^revision (\d+)$/, '리비전 $1'],
];

/** The API's words for what a change was made to, in the page's language; a name stays as it is. */
export function subjectOf({ act, subject }: Change): string {
  const between = { 'rename-class': ' to ', 'merge-classes': ' into ' }[act as string];
  if (between !== undefined) {
    const names = subject.split(between);
    // A name may have the word in it, and nobody knows which one is meant.
    return names.length === 2 ? `${names[0]} → ${names[1]}` : subject;
  }
  if (act === 'promote' || act === 'rollback' || act === 'undo') {
    const korean = KOREAN.find(([form]) => language.value === 'ko' && form.test(subject));
    return korean ? subject.replace(...korean) : subject;
  }
  return subject;
}
