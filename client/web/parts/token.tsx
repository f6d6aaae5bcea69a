import { signal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { Api } from '../../net/api.ts';
import { ORIGIN } from './projects.ts';

const KEY = 'shoal-admin-token';

/** Kept for this tab only: a token that outlives the tab is found by the next one at the machine. */
export const token = signal(sessionStorage.getItem(KEY) ?? '');

export function setToken(value: string): void {
  token.value = value.trim();
  sessionStorage.setItem(KEY, token.value);
}

export function adminApi(): Api {
  return new Api(ORIGIN, token.value || undefined);
}

/** A field for the key where a page needs one now and then. */
export function TokenField({ label, hint }: { label: string; hint: string }) {
  // A page may show two of them.
  const id = useId();
  return (
    <div class="field">
      <label class="field">
        <span>{label}</span>
        <input
          type="password"
          value={token.value}
          autocomplete="off"
          spellcheck={false}
          aria-describedby={id}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      <span class="hint" id={id}>
        {hint}
      </span>
    </div>
  );
}
