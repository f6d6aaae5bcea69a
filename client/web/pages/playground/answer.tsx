import type { Project } from '../../../../shared/api/schemas/projects.ts';
import type { Answer as Found } from '../../../../shared/api/schemas/answers.ts';
import { Copyable } from '../../parts/copy.tsx';
import { exampleOf } from '../../parts/example.ts';
import { ORIGIN } from '../../parts/projects.ts';
import { Thumb } from '../../parts/thumb.tsx';
import { TokenField } from '../../parts/token.tsx';
import { ErrorBox } from '../../parts/trouble.tsx';
import { percent, say } from '../../text/language.ts';
import { words } from '../../text/playground.ts';
import { answer, ask, error, isClosed, seen, wantsKey } from './model.ts';
import { asCurl, asJavaScript, type Asked } from './request.ts';

/** What the edge answered and why, and what it was shown. */
export function Answer({ project }: { project: Project }) {
  const found = answer.value;
  const shown = seen.value;
  return (
    <div class="answer">
      <h2>{say(words.answer)}</h2>
      {error.value !== null && <ErrorBox error={error.value} />}
      {wantsKey(error.value) && shown && <Key project={project.id} image={shown} />}
      <div aria-live="polite">
        {found ? <Verdict found={found} /> : <p class="quiet">{say(words.answerEmpty)}</p>}
      </div>
      {found && <Bars found={found} />}
      {found && <Because found={found} />}
      {shown && (
        <figure class="seen">
          <Thumb large pixels={shown} input={project.plan.input} label={say(words.seen)} />
          <figcaption class="quiet small">
            {say(words.seen)}
            {found && (
              <span>{say(words.by, { version: found.version, revision: found.revision })}</span>
            )}
          </figcaption>
        </figure>
      )}
      {found && shown && <Request project={project.id} image={shown} />}
    </div>
  );
}

function Key({ project, image }: { project: string; image: Float32Array }) {
  const submit = (event: Event) => {
    event.preventDefault();
    void ask(project, image);
  };
  return (
    <form class="ask-key" onSubmit={submit}>
      <TokenField label={say(words.key)} hint={say(words.keyHint)} />
      <button type="submit">{say(words.askAgain)}</button>
    </form>
  );
}

function Verdict({ found: { label, unknown, classes } }: { found: Found }) {
  if (!unknown) return <p class="verdict">{say(words.answerIs, { label })}</p>;
  const [first] = classes;
  return (
    <div class="unknown">
      <p class="verdict">{say(words.unknown)}</p>
      <p>
        {say(words.unknownHint)}{' '}
        {first &&
          say(words.unknownNearest, { name: first.name, share: percent(first.similarity, 0) })}
      </p>
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
            <span class="score-name" title={name}>
              {name}
            </span>
            <progress value={probability} max={1} aria-label={name} />
            <span class="score-value">{percent(probability)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The examples that it was most like. Their pictures are for admins. */
function Because({ found: { nearest = [] } }: { found: Found }) {
  if (nearest.length === 0) return null;
  return (
    <div class="because">
      <h3>{say(words.because)}</h3>
      <ul>
        {nearest.map(({ name, example, similarity }) => (
          <li key={`${name} ${example}`}>
            {say(words.becauseOf, { name, n: example + 1 })}{' '}
            <span class="quiet">{say(words.alike, { share: percent(similarity, 0) })}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The request that was just answered, to be sent from elsewhere. */
function Request({ project, image }: { project: string; image: Float32Array }) {
  const { pixels } = exampleOf(image);
  const asked: Asked = { origin: ORIGIN, project, pixels, isClosed: isClosed.value };
  return (
    <details class="request">
      <summary>{say(words.request)}</summary>
      <p class="hint">{say(words.requestHint)}</p>
      <h3>curl</h3>
      <Copyable block text={asCurl(asked)} label="curl" />
      <h3>JavaScript</h3>
      <Copyable block text={asJavaScript(asked)} label="JavaScript" />
    </details>
  );
}
