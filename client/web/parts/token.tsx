import { signal } from '@preact/signals';
import { Api } from '../../net/api.ts';
import { say } from '../text/language.ts';
import { words } from '../text/playground.ts';
import { ORIGIN } from './projects.ts';

const KEY = 'shoal-admin-token';

/** Kept for this tab only: a token that outlives the tab is found by the next one at the machine. */
export const token = signal(sessionStorage.getItem(KEY) ?? '');

export function adminApi(): Api {
  return new Api(ORIGIN, token.value || undefined);
}

export function TokenField() {
  const change = (value: string) => {
    token.value = value.trim();
    sessionStorage.setItem(KEY, token.value);
  };
  return (
    <label class="field">
      <span>{say(words.token)}</span>
      <input
        type="password"
        value={token.value}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => change(event.currentTarget.value)}
      />
      <span class="hint">{say(words.tokenHint)}</span>
    </label>
  );
}
