import { useState } from 'preact/hooks';
import type { Revisions } from '../../../../../shared/api/schemas/revisions.ts';
import { Confirm } from '../../../parts/confirm.tsx';
import { api } from '../../../parts/projects.ts';
import { token } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useLoaded, useWork } from '../../../parts/work.ts';
import { moment, say } from '../../../text/language.ts';
import { words } from '../../../text/classes.ts';
import { stand } from '../watch.ts';
import { changeText, lastChange, undo, undoingText, type Revision } from './changes.ts';

/** Changes that a further page brings. */
const PAGE = 10;

/** The newest pages of them, in one list. */
async function load(project: string, pages: number, signal: AbortSignal): Promise<Revisions> {
  let all: Revisions = { revisions: [], next: null };
  for (let page = 0; page < pages && (page === 0 || all.next !== null); page++) {
    const query = { limit: PAGE, ...(all.next === null ? {} : { before: all.next }) };
    const more = await api.call('listRevisions', { params: { project }, query, signal });
    all = { revisions: [...all.revisions, ...more.revisions], next: more.next };
  }
  return all;
}

/** Every change of what is answered, and the way back from the last one. */
export function History({ project }: { project: string }) {
  const [pages, setPages] = useState(1);
  const [asked, setAsked] = useState<Revision | null>(null);
  const { busy, error: refused, run } = useWork();
  const { value, error, reload } = useLoaded(
    (signal) => load(project, pages, signal),
    [project, pages, stand.value, lastChange.value?.revision],
  );
  const all = value?.revisions ?? [];
  return (
    <section class="card" aria-labelledby="history-title">
      <h2 id="history-title">{say(words.history)}</h2>
      <p class="quiet">{say(words.historyHint)}</p>
      {error !== null && <ErrorBox error={error} onRetry={reload} />}
      {value && all.length === 0 && <p class="quiet">{say(words.noHistory)}</p>}
      <ol class="history" reversed>
        {all.map((one) => (
          <li key={one.revision}>
            <span class="number quiet">{one.revision}</span>
            <span class="what">{changeText(one)}</span>
            <span class="when small">{moment(one.at)}</span>
            {one.undoable && (
              <button
                type="button"
                class="small"
                disabled={busy || token.value === ''}
                onClick={() => setAsked(one)}
              >
                {say(words.undo)}
              </button>
            )}
          </li>
        ))}
      </ol>
      {value && value.next !== null && (
        <button type="button" class="small" onClick={() => setPages(pages + 1)}>
          {say(words.older)}
        </button>
      )}
      {refused !== null && <ErrorBox error={refused} />}
      {asked && (
        <Confirm
          title={say(words.undoTitle)}
          text={undoingText(asked)}
          action={say(words.undo)}
          onConfirm={() => void run(() => undo(project, asked.revision))}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}
