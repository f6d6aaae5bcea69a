import type { Report } from '../../../../../shared/api/schemas/examples.ts';
import { Facts } from '../../../parts/facts.tsx';
import { percent, say } from '../../../text/language.ts';
import { words } from '../../../text/classes.ts';
import { hrefOf } from '../place.ts';
import { Picture, RemoveExample, type ClassPlace } from './picture.tsx';

export type CheckProps = { place: ClassPlace; report: Report; changeable: boolean };

/** What leaving each example out has shown: how many the others recognise, and which look wrong. */
export function Check({ place, report, changeable }: CheckProps) {
  const { accuracy, confusable, doubtful } = report;
  return (
    <div class="check">
      <h3>{say(words.check)}</h3>
      {accuracy === null ? (
        <p class="quiet">{say(words.oneExample)}</p>
      ) : (
        <p class="quiet">{say(words.checkHint)}</p>
      )}
      <Facts
        facts={[
          [say(words.accuracy), accuracy === null ? '–' : percent(accuracy, 0)],
          [
            say(words.confusable),
            <a href={hrefOf('classes', confusable.name)}>{confusable.name}</a>,
          ],
        ]}
      />
      {doubtful.length > 0 ? (
        <div class="doubtful">
          <p>
            <strong>{say(words.doubtful, { n: doubtful.length })}</strong> {say(words.doubtfulHint)}
          </p>
          <ul>
            {doubtful.map(({ index, example, nearest, margin }) => (
              <li key={example}>
                <Picture place={place} id={example} label={say(words.example, { n: index + 1 })} />
                <span>
                  {say(words.example, { n: index + 1 })}:{' '}
                  {say(words.fartherBy, { name: nearest, margin: (-margin).toFixed(2) })}
                </span>
                {changeable && <RemoveExample place={place} id={example} index={index} />}
              </li>
            ))}
          </ul>
        </div>
      ) : (
        accuracy !== null && <p class="fine">{say(words.allGood)}</p>
      )}
    </div>
  );
}
