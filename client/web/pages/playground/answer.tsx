import type { InputSpec } from '../../../../shared/nn/net.ts';
import type { Answer as Found } from '../../../../shared/api/schemas.ts';
import { Thumb } from '../../parts/thumb.tsx';
import { ErrorBox } from '../../parts/trouble.tsx';
import { percent, say } from '../../text/language.ts';
import { words } from '../../text/playground.ts';
import { answer, error, seen } from './model.ts';

/** What the edge answered, and what it was shown. */
export function Answer({ input }: { input: InputSpec }) {
  const found = answer.value;
  return (
    <div class="answer">
      <h2>{say(words.answer)}</h2>
      {error.value !== null && <ErrorBox error={error.value} />}
      <div aria-live="polite">
        {found ? <Verdict found={found} /> : <p class="quiet">{say(words.answerEmpty)}</p>}
      </div>
      {found && <Bars found={found} />}
      {seen.value && (
        <figure class="seen">
          <Thumb large pixels={seen.value} input={input} label={say(words.seen)} />
          <figcaption class="quiet small">
            {say(words.seen)}
            {found && (
              <span>{say(words.by, { version: found.version, revision: found.revision })}</span>
            )}
          </figcaption>
        </figure>
      )}
    </div>
  );
}

function Verdict({ found: { label, unknown } }: { found: Found }) {
  if (!unknown) return <p class="verdict">{say(words.answerIs, { label })}</p>;
  return (
    <div class="unknown">
      <p class="verdict">{say(words.unknown)}</p>
      <p>{say(words.unknownHint)}</p>
    </div>
  );
}

function Bars({ found: { classes, unknown, label } }: { found: Found }) {
  return (
    <>
      {unknown && <p class="quiet small">{say(words.nearest)}</p>}
      <ul class={unknown ? 'scores unsure' : 'scores'}>
        {classes.map(({ name, probability }) => (
          <li key={name} class={!unknown && name === label ? 'best' : ''}>
            <span class="score-name">{name}</span>
            <progress value={probability} max={1} aria-label={name} />
            <span class="score-value">{percent(probability)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
