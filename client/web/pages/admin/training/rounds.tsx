import type { Round } from '../../../../../shared/api/schemas/training.ts';
import { bytes, moment, say } from '../../../text/language.ts';
import { words } from '../../../text/admin.ts';

const TONES: Record<Round['outcome'], string> = {
  promoted: 'tag good',
  'not-promoted': 'tag warn',
  abandoned: 'tag',
};

/** How the rounds ended, newest first. */
export function Rounds({ rounds }: { rounds: readonly Round[] }) {
  return (
    <section class="card" aria-labelledby="rounds-title">
      <h2 id="rounds-title">{say(words.pastRounds)}</h2>
      {rounds.length === 0 ? (
        <p class="quiet">{say(words.noRounds)}</p>
      ) : (
        <div class="table" tabIndex={0} role="group" aria-labelledby="rounds-title">
          <table>
            <thead>
              <tr>
                <th class="number">{say(words.number)}</th>
                <th>{say(words.outcome)}</th>
                <th class="number">{say(words.contributions)}</th>
                <th class="number">{say(words.traffic)}</th>
                <th class="number only-roomy">{say(words.lasted)}</th>
                <th class="only-roomy">{say(words.ended)}</th>
              </tr>
            </thead>
            <tbody>
              {rounds.map((round) => (
                <Row key={round.number} round={round} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ round }: { round: Round }) {
  const { number, outcome, reason, accepted, asked, openedAt, closedAt } = round;
  return (
    <tr>
      <td class="number">{number}</td>
      <td>
        <span class={TONES[outcome]}>{say(words[outcome])}</span>
        {reason && <span class="reason">{reason}</span>}
      </td>
      <td class="number">
        {accepted} / {asked}
      </td>
      <td class="number">{bytes(round.bytes)}</td>
      <td class="number only-roomy">
        {say(words.seconds, { n: Math.round((closedAt - openedAt) / 1000) })}
      </td>
      <td class="when only-roomy">{moment(closedAt)}</td>
    </tr>
  );
}
