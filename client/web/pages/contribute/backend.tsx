import type { BackendName, Tried } from '../../../tf.ts';
import { say } from '../../text/language.ts';
import { words } from '../../text/contribute.ts';
import { wanted } from './model.ts';
import { BACKENDS } from './wanted.ts';

/** Where the sums are done, in plain words; on demand, what else was tried and why it was not taken. */
export function Backend({ name, tried }: { name: BackendName; tried: readonly Tried[] }) {
  return (
    <details class="backend">
      <summary>
        <span>
          {say(words.backendLabel)}: <strong>{say(words[name])}</strong>
        </span>
      </summary>
      <p class="quiet">
        {wanted.kind === 'backend' ? say(words.backendAsked) : say(words.triedIntro)}
      </p>
      <ul>
        {tried.map((one) => (
          <li key={one.backend}>
            {say(words[one.backend])}:{' '}
            <span class="quiet">
              {'error' in one
                ? say(words.triedError, { error: one.error })
                : say(words.triedMs, { ms: Math.round(one.stepMs * 10) / 10 })}
              {one.backend === name && ` · ${say(words.triedChosen)}`}
            </span>
          </li>
        ))}
      </ul>
      <p class="quiet">{say(words.backendHint, { names: BACKENDS.join(', ') })}</p>
    </details>
  );
}

/** The address names a backend that there is not. */
export function UnknownBackend() {
  if (wanted.kind !== 'unknown') return null;
  const values = { name: wanted.name, names: BACKENDS.join(', ') };
  return (
    <p class="warn" role="status">
      {say(words.backendUnknown, values)}
    </p>
  );
}
