import type { BackendName, Tried } from '../../../tf.ts';
import { say } from '../../text/language.ts';
import { words } from '../../text/contribute.ts';

/** Where the sums are done, in plain words; on demand, what else was tried and why it was not taken. */
export function Backend({ name, tried }: { name: BackendName; tried: readonly Tried[] }) {
  return (
    <details class="backend">
      <summary>
        <span>
          {say(words.backendLabel)}: <strong>{say(words[name])}</strong>
        </span>
      </summary>
      <p class="quiet">{say(words.triedIntro)}</p>
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
    </details>
  );
}
