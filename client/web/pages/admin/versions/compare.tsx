import { useState } from 'preact/hooks';
import type { Comparison, Version } from '../../../../../shared/api/schemas/versions.ts';
import { Facts } from '../../../parts/facts.tsx';
import { adminApi, token } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useWork } from '../../../parts/work.ts';
import { percent, say } from '../../../text/language.ts';
import { words } from '../../../text/versions.ts';

/** Classes that are named, those first that differ most. */
const NAMED = 10;

/** A smaller probability is not told apart. */
const LEAST = 0.001;

export type CompareProps = { project: string; version: Version; all: readonly Version[] };

/** The same images shown to two versions. */
export function Compare({ project, version: { number, expiredAt }, all }: CompareProps) {
  const others = all.filter((one) => one.number !== number && one.expiredAt === null);
  const live = others.find(({ state }) => state === 'live') ?? others[0];
  const [other, setOther] = useState(String(live?.number ?? ''));
  const [result, setResult] = useState<Comparison | null>(null);
  const { busy, error, run } = useWork();
  const compare = async () => {
    const params = { project, version: String(number), other };
    setResult(null);
    setResult(await adminApi().call('compareVersions', { params }));
  };
  if (others.length === 0 || expiredAt !== null) return null;
  return (
    <div class="compare">
      <h3>{say(words.compare)}</h3>
      <label class="field inline">
        <span>{say(words.compareWith)}</span>
        <select value={other} onChange={(event) => setOther(event.currentTarget.value)}>
          {others.map((one) => (
            <option key={one.number} value={one.number}>
              {one.number} ({say(words[one.state])})
            </option>
          ))}
        </select>
        <button
          type="button"
          class="small"
          disabled={busy || token.value === ''}
          onClick={() => void run(compare)}
        >
          {say(words.compare)}
        </button>
      </label>
      <p class="quiet" aria-live="polite">
        {busy && say(words.comparing)}
        {token.value === '' && say(words.needsKey)}
      </p>
      {error !== null && <ErrorBox error={error} />}
      {result && <Result result={result} />}
    </div>
  );
}

function Result({ result }: { result: Comparison }) {
  const { versions, images, accuracy, agreement, counts, pValue } = result;
  const [first, second] = [versions[0].number, versions[1].number];
  const gap = ([a, b]: [number, number]) => Math.abs(a - b);
  const classes = result.classes
    .filter(({ recall }) => gap(recall) > 0)
    .toSorted((a, b) => gap(b.recall) - gap(a.recall))
    .slice(0, NAMED);
  const title = (n: number) => say(words.version, { n });
  return (
    <>
      <Facts
        facts={[
          [`${title(first)}: ${say(words.recognised)}`, percent(accuracy[0])],
          [`${title(second)}: ${say(words.recognised)}`, percent(accuracy[1])],
          [say(words.agreement), percent(agreement)],
          [say(words.judgedBy), say(words.images, { n: images })],
        ]}
      />
      <Facts
        facts={[
          [say(words.both), counts.both],
          [say(words.onlyOne, { n: first }), counts.first],
          [say(words.onlyOne, { n: second }), counts.second],
          [say(words.neither), counts.neither],
        ]}
      />
      <p>{say(words.chance, { p: pValue < LEAST ? `< ${percent(LEAST)}` : percent(pValue) })}</p>
      {classes.length > 0 && (
        <>
          <h4 id="differ-title">{say(words.biggest)}</h4>
          <div class="table" tabIndex={0} role="region" aria-labelledby="differ-title">
            <table>
              <thead>
                <tr>
                  <th>{say(words.className)}</th>
                  <th class="number">{title(first)}</th>
                  <th class="number">{title(second)}</th>
                </tr>
              </thead>
              <tbody>
                {classes.map(({ name, recall }) => (
                  <tr key={name}>
                    <td>{name}</td>
                    <td class="number">{percent(recall[0], 0)}</td>
                    <td class="number">{percent(recall[1], 0)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </>
  );
}
