import { useState } from 'preact/hooks';
import type { CreatedKey, KeyInfo } from '../../../../../shared/api/schemas/keys.ts';
import { Confirm } from '../../../parts/confirm.tsx';
import { adminApi } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useLoaded, useWork } from '../../../parts/work.ts';
import { moment, say } from '../../../text/language.ts';
import { verbs as verbWords, words } from '../../../text/access.ts';
import { OnceShown } from '../once-shown.tsx';
import { NewKey } from './new-key.tsx';

/** Keys of apps and admins, by what is no secret of them. */
export function Keys({ project }: { project: string }) {
  const [made, setMade] = useState<CreatedKey | null>(null);
  const [asked, setAsked] = useState<KeyInfo | null>(null);
  const [ended, setEnded] = useState(false);
  const { value, error, reload } = useLoaded(
    (signal) => adminApi().call('listKeys', { signal }),
    [],
  );
  const { busy, error: refused, run } = useWork();
  const revoke = async ({ prefix }: KeyInfo) => {
    await adminApi().call('revokeKey', { params: { key: prefix } });
    reload();
  };
  const here = (value ?? []).filter((key) => key.project === null || key.project === project);
  const shown = here.filter((key) => ended || stateOf(key) === 'good');
  return (
    <section class="card" aria-labelledby="keys-title">
      <h2 id="keys-title">{say(words.keys)}</h2>
      <p class="quiet">{say(words.keysHint)}</p>
      {error !== null && <ErrorBox error={error} onRetry={reload} />}
      {value && shown.length === 0 && <p class="quiet">{say(words.noKeys)}</p>}
      {shown.length > 0 && (
        <ul class="keys">
          {shown.map((key) => (
            <li key={key.prefix}>
              <Row shown={key} busy={busy} onRevoke={() => setAsked(key)} />
            </li>
          ))}
        </ul>
      )}
      {here.some((key) => stateOf(key) !== 'good') && (
        <label class="choice small">
          <input
            type="checkbox"
            checked={ended}
            onChange={(event) => setEnded(event.currentTarget.checked)}
          />
          <span>{say(words.showEnded)}</span>
        </label>
      )}
      {refused !== null && <ErrorBox error={refused} />}
      <div aria-live="polite">
        {made && (
          <OnceShown
            title={say(words.created, { name: made.name })}
            secret={made.key}
            onDone={() => setMade(null)}
          />
        )}
      </div>
      <NewKey
        project={project}
        onMade={(key) => {
          setMade(key);
          reload();
        }}
      />
      {asked && (
        <Confirm
          title={say(words.revokeTitle, { name: asked.name })}
          text={say(words.revokeText)}
          action={say(words.revoke)}
          onConfirm={() => void run(() => revoke(asked))}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}

function stateOf({ revokedAt, expiresAt }: KeyInfo): 'good' | 'expired' | 'revoked' {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= Date.now() ? 'expired' : 'good';
}

type RowProps = { shown: KeyInfo; busy: boolean; onRevoke: () => void };

function Row({ shown, busy, onRevoke }: RowProps) {
  const { prefix, name, role, project, verbs, dailyQuota, expiresAt } = shown;
  const state = stateOf(shown);
  const allowed = verbs?.map((verb) => say(verbWords[verb])).join(', ') ?? say(words.allVerbs);
  const facts = [
    project ?? say(words.allProjects),
    allowed,
    ...(dailyQuota === null ? [] : [say(words.quotaOf, { n: dailyQuota })]),
    ...(expiresAt === null ? [] : [`${say(words.expires)} ${moment(expiresAt)}`]),
  ];
  return (
    <>
      <div class="key-name">
        <strong>{name}</strong> <span class="tag">{say(words[role])}</span>{' '}
        {state !== 'good' && <span class="tag warn">{say(words[state])}</span>}
      </div>
      <code class="quiet small">shoal_{prefix}_…</code>
      <span class="quiet small key-facts">{facts.join(' · ')}</span>
      {state === 'good' && (
        <button
          type="button"
          class="small danger"
          disabled={busy}
          aria-label={`${say(words.revoke)}: ${name}`}
          onClick={onRevoke}
        >
          {say(words.revoke)}
        </button>
      )}
    </>
  );
}
