import { useState } from 'preact/hooks';
import { APP_VERBS, VERBS, type Verb } from '../../../../../shared/api/route.ts';
import type { CreatedKey, NewKey as Request } from '../../../../../shared/api/schemas/keys.ts';
import { adminApi } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useWork } from '../../../parts/work.ts';
import { say } from '../../../text/language.ts';
import { verbs as verbWords, words } from '../../../text/access.ts';

const DAY_MS = 86_400_000;
/** 0: it does not expire. */
const DAYS = [0, 7, 30, 90, 365];

/** A new key: for whom, how far it reaches, what it may do, and how long. */
export function NewKey({
  project,
  onMade,
}: {
  project: string;
  onMade: (key: CreatedKey) => void;
}) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<'app' | 'admin'>('app');
  const [everywhere, setEverywhere] = useState(false);
  const [without, setWithout] = useState<readonly Verb[]>([]);
  const [days, setDays] = useState(90);
  const [quota, setQuota] = useState('');
  const { busy, error, run } = useWork();
  const offered: readonly Verb[] = role === 'app' ? APP_VERBS : VERBS;
  const verbs = offered.filter((verb) => !without.includes(verb));
  const submit = (event: Event) => {
    event.preventDefault();
    const json: Request = {
      ...{ name: name.trim(), role, project: everywhere ? null : project },
      verbs: verbs.length === offered.length ? null : verbs,
      dailyQuota: quota === '' ? null : Number(quota),
      expiresAt: days === 0 ? null : Date.now() + days * DAY_MS,
    };
    void run(async () => {
      onMade(await adminApi().call('createKey', { json }));
      setName('');
    });
  };
  return (
    <details class="add-class">
      <summary>{say(words.newKey)}</summary>
      <form class="new-key" onSubmit={submit}>
        <div class="two">
          <label class="field">
            <span>{say(words.name)}</span>
            <input
              value={name}
              maxLength={64}
              autocomplete="off"
              onInput={(event) => setName(event.currentTarget.value)}
            />
          </label>
          <label class="field">
            <span>{say(words.role)}</span>
            <select
              value={role}
              onChange={(event) => setRole(event.currentTarget.value as typeof role)}
            >
              <option value="app">
                {say(words.app)}: {say(words.appHint)}
              </option>
              <option value="admin">
                {say(words.admin)}: {say(words.adminHint)}
              </option>
            </select>
          </label>
          <label class="field">
            <span>{say(words.reach)}</span>
            <select
              value={everywhere ? 'all' : 'this'}
              onChange={(event) => setEverywhere(event.currentTarget.value === 'all')}
            >
              <option value="this">{say(words.thisProject)}</option>
              <option value="all">{say(words.allProjects)}</option>
            </select>
          </label>
          <label class="field">
            <span>{say(words.expires)}</span>
            <select value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
              {DAYS.map((n) => (
                <option key={n} value={n}>
                  {n === 0 ? say(words.never) : say(words.days, { n })}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>{say(words.quota)}</span>
            <input
              type="number"
              min={1}
              value={quota}
              onInput={(event) => setQuota(event.currentTarget.value)}
            />
            <span class="hint">{say(words.quotaHint)}</span>
          </label>
        </div>
        <fieldset>
          <legend class="label">{say(words.verbs)}</legend>
          <div class="verbs">
            {offered.map((verb) => (
              <label key={verb} class="choice">
                <input
                  type="checkbox"
                  checked={!without.includes(verb)}
                  onChange={({ currentTarget: { checked } }) =>
                    setWithout((before) => [
                      ...before.filter((other) => other !== verb),
                      ...(checked ? [] : [verb]),
                    ])
                  }
                />
                <span>{say(verbWords[verb])}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <div class="buttons">
          <button type="submit" disabled={busy || name.trim() === '' || verbs.length === 0}>
            {say(words.create)}
          </button>
        </div>
        {error !== null && <ErrorBox error={error} />}
      </form>
    </details>
  );
}
