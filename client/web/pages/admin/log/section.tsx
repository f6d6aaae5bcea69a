import '../../../parts/style/access.css';
import '../../../parts/style/log.css';
import { useState } from 'preact/hooks';
import type { AuditEntry } from '../../../../../shared/api/schemas/audit.ts';
import type { Project } from '../../../../../shared/api/schemas/projects.ts';
import { adminApi, token } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useLoaded } from '../../../parts/work.ts';
import { moment, say, type Entry } from '../../../text/language.ts';
import { acts, words } from '../../../text/log.ts';
import { page } from '../../../text/page.ts';

const PAGE = 50;

/** What admins did, newest first. */
export function LogSection({ project: { id } }: { project: Project }) {
  const [everywhere, setEverywhere] = useState(false);
  const [count, setCount] = useState(PAGE);
  const { value, error, reload } = useLoaded(
    async (signal) => {
      if (token.value === '') return [];
      const query = { limit: PAGE, ...(everywhere ? {} : { project: id }) };
      const all: AuditEntry[] = [];
      while (all.length < count) {
        const before = all.at(-1)?.id;
        const more = { ...query, ...(before === undefined ? {} : { before }) };
        const entries = await adminApi().call('listAudit', { query: more, signal });
        all.push(...entries);
        if (entries.length < PAGE) break;
      }
      return all;
    },
    [id, everywhere, count, token.value],
  );
  if (token.value === '') return <p class="card quiet">{say(words.needsKey)}</p>;
  return (
    <section class="card" aria-labelledby="log-title">
      <div class="row">
        <h2 id="log-title">{say(words.log)}</h2>
        <label class="choice small">
          <input
            type="checkbox"
            checked={everywhere}
            onChange={(event) => setEverywhere(event.currentTarget.checked)}
          />
          <span>{say(words.everywhere)}</span>
        </label>
      </div>
      <p class="quiet">{say(words.hint)}</p>
      {error !== null && <ErrorBox error={error} onRetry={reload} />}
      {!value && error === null && <p class="quiet waiting">{say(page.loading)}</p>}
      {value?.length === 0 && <p class="quiet">{say(words.empty)}</p>}
      <ol class="log">
        {value?.map((entry) => (
          <Row key={entry.id} entry={entry} />
        ))}
      </ol>
      {value && value.length >= count && (
        <button type="button" class="small" onClick={() => setCount(count + PAGE)}>
          {say(words.older)}
        </button>
      )}
    </section>
  );
}

function Row({ entry: { at, actor, act, subject, status, request } }: { entry: AuditEntry }) {
  const who = { root: words.root, setup: words.setup }[actor];
  return (
    <li title={request}>
      <span class="act">
        {act in acts ? say((acts as Record<string, Entry>)[act] as Entry) : act}{' '}
        {status >= 400 && (
          <span class="tag warn">{say(words.refused, { status: String(status) })}</span>
        )}
      </span>
      <span class="when small">{moment(at)}</span>
      <span class="who small">{who ? say(who) : <code>shoal_{actor}</code>}</span>
      <span class="subject quiet small">{readable(subject)}</span>
    </li>
  );
}

/** A path as people write it; it was checked by the edge, but not that it can be decoded. */
function readable(path: string): string {
  try {
    return decodeURIComponent(path).replace(/^\/v1\//, '');
  } catch {
    return path;
  }
}
