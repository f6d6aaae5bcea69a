import { bytes, say } from '../../text/language.ts';
import { words } from '../../text/contribute.ts';
import type { Sent } from './run.ts';

/** The promise, with its receipts: everything that left the tab, beside what did not. */
export function Trust({ sent, images }: { sent: readonly Sent[]; images: number }) {
  return (
    <section class="card trust" aria-labelledby="trust-title">
      <h2 id="trust-title">{say(words.trust)}</h2>
      <div class="two">
        <div>
          <h3>{say(words.left)}</h3>
          {sent.length === 0 ? (
            <p class="quiet">{say(words.leftNothing)}</p>
          ) : (
            <Uploads sent={sent} />
          )}
          {sent.length > 0 && <p class="quiet small">{say(words.alsoSent)}</p>}
        </div>
        <div>
          <h3>{say(words.stayed)}</h3>
          <p class="stayed">
            {images > 0 ? say(words.stayedImages, { n: images }) : say(words.stayedNone)}
          </p>
          <p class="quiet small">{say(words.stayedHint)}</p>
          <p class="quiet small">{say(words.keptHint)}</p>
        </div>
      </div>
    </section>
  );
}

function Uploads({ sent }: { sent: readonly Sent[] }) {
  return (
    // Focusable, because it scrolls: a keyboard has no other way down.
    <ul class="uploads" tabIndex={0} aria-label={say(words.left)}>
      {sent.map(({ round, bytes: size, digest, parameters }, i) => (
        <li key={sent.length - i}>
          <strong>{say(words.leftRound, { round })}</strong>
          <span>{say(words.leftItem)}</span>
          <span class="quiet small">
            {bytes(size)} · {say(words.leftNumbers, { n: parameters })} · SHA-256{' '}
            <code title={digest}>{digest.slice(0, 12)}…</code>
          </span>
        </li>
      ))}
    </ul>
  );
}
