import '../../../parts/style/drawing.css';
import '../../../parts/style/classes.css';
import { useEffect, useState } from 'preact/hooks';
import type { Project } from '../../../../../shared/api/schemas/projects.ts';
import { api } from '../../../parts/projects.ts';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useLoaded, useWork } from '../../../parts/work.ts';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/classes.ts';
import { page } from '../../../text/page.ts';
import { place } from '../place.ts';
import { stand } from '../watch.ts';
import { lastChange, undo } from './changes.ts';
import { Detail } from './detail.tsx';
import { History } from './history.tsx';
import { List } from './list.tsx';

/** What the model can answer: all classes, or one of them from near. */
export function ClassesSection({ project }: { project: Project }) {
  const { id } = project;
  const revision = lastChange.value?.revision;
  const { value, error, reload } = useLoaded(
    async (signal) => {
      const classes = await api.call('listClasses', { params: { project: id }, signal });
      return { classes, after: revision };
    },
    [id, stand.value, revision],
  );
  useEffect(() => () => void (lastChange.value = null), []);
  const { item } = place.value;
  if (error !== null && !value) return <ErrorBox error={error} onRetry={reload} />;
  if (!value) return <p class="quiet waiting">{say(page.loading)}</p>;
  return (
    <>
      {error !== null && <ErrorBox error={error} onRetry={reload} />}
      {item === null ? (
        <>
          <List project={project} classes={value.classes} />
          <History project={id} />
        </>
      ) : (
        <Detail
          key={item}
          project={project}
          name={item}
          classes={value.classes}
          after={value.after}
        />
      )}
      <Outcome project={id} />
    </>
  );
}

/** What was done last, and the way back; it moves nothing that is being read. */
function Outcome({ project }: { project: string }) {
  const { busy, error, run } = useWork();
  const [closed, setClosed] = useState<number | null>(null);
  const change = lastChange.value;
  return (
    <div class="outcome" aria-live="polite">
      {change && change.revision !== closed && (
        <div class="done row">
          <span>{change.text}</span>
          <div class="buttons">
            <button
              type="button"
              class="small"
              disabled={busy}
              onClick={() => void run(() => undo(project, change.revision))}
            >
              {say(words.undo)}
            </button>
            <button type="button" class="link small" onClick={() => setClosed(change.revision)}>
              {say(page.close)}
            </button>
          </div>
        </div>
      )}
      {error !== null && <ErrorBox error={error} />}
    </div>
  );
}
