import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { Problem, type ProblemCode } from '../../../../shared/api/problem.ts';
import { Api } from '../../../net/api.ts';
import { api, ORIGIN } from '../../parts/projects.ts';
import { setToken, token } from '../../parts/token.tsx';
import { ErrorBox } from '../../parts/trouble.tsx';
import { useWork } from '../../parts/work.ts';
import { say } from '../../text/language.ts';
import { words } from '../../text/admin.ts';
import { page } from '../../text/page.ts';
import { OnceShown } from './once-shown.tsx';

/** A key that this page has just been given, shown until it is put away. */
const first = signal<string | null>(null);

/** The token of the first start is exchanged once for a key. */
const SETUP = /^setup_/;

/** The key is genuine: it only may not do this. */
const LIMITED: readonly ProblemCode[] = [207, 208];

/** With whose key the page acts; without one it shows what everybody may see. */
export function KeyBar() {
  return (
    <section class="card key-bar" aria-label={say(words.access)}>
      {token.value === '' ? <SignIn /> : <SignedIn />}
      {first.value !== null && (
        <OnceShown
          title={say(words.firstKey)}
          secret={first.value}
          onDone={() => (first.value = null)}
        />
      )}
    </section>
  );
}

function SignIn() {
  const [typed, setTyped] = useState('');
  const { busy, error, run } = useWork();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(() => signIn(typed.trim()));
  };
  return (
    <form onSubmit={submit}>
      <label class="field">
        <span>{say(page.token)}</span>
        <span class="with-button">
          <input
            type="password"
            value={typed}
            autocomplete="off"
            spellcheck={false}
            aria-describedby="token-hint"
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <button type="submit" disabled={busy || typed.trim() === ''}>
            {say(words.signIn)}
          </button>
        </span>
      </label>
      <p class="hint" id="token-hint">
        {say(words.signInHint)}
      </p>
      {error !== null && <ErrorBox error={error} />}
    </form>
  );
}

function SignedIn() {
  const prefix = /^shoal_[0-9a-f]+/.exec(token.value)?.[0];
  return (
    <div class="row">
      <p role="status">
        {prefix ? (
          <>
            {say(words.signedIn)} <code>{prefix}…</code>
          </>
        ) : (
          say(words.signedInRoot)
        )}
      </p>
      <button type="button" class="small" onClick={() => setToken('')}>
        {say(words.signOut)}
      </button>
    </div>
  );
}

/** @throws Problem 202, 205, 206 when the edge does not take it, 216 for a setup token that was used */
async function signIn(typed: string): Promise<void> {
  if (SETUP.test(typed)) {
    const { key } = await api.call('createFirstKey', { json: { token: typed } });
    first.value = key;
    setToken(key);
    return;
  }
  try {
    await new Api(ORIGIN, typed).call('listKeys');
  } catch (error) {
    if (!(error instanceof Problem && LIMITED.includes(error.code))) throw error;
  }
  setToken(typed);
}
