import { useEffect, useState } from 'preact/hooks';
import { adminApi } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useLoaded, useWork } from '../../../parts/work.ts';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/classes.ts';
import { tellChange } from './changes.ts';

/** Which class an example belongs to. */
export type ClassPlace = { project: string; name: string };

/** An example as the network reads it. Fetched with the admin's key, which an address in `src` could not show. */
export function Picture({ place, id, label }: { place: ClassPlace; id: string; label: string }) {
  const { project, name } = place;
  const params = { project, class: name, example: id };
  const { value, error } = useLoaded(
    async (signal) => (await adminApi().fetch('getExample', { params, signal })).blob(),
    [project, name, id],
  );
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!value) return undefined;
    const made = URL.createObjectURL(value);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [value]);
  if (!url)
    return (
      <span class="thumb blank" role="img" aria-label={label}>
        {error !== null && '?'}
      </span>
    );
  return <img class="thumb" src={url} alt={label} />;
}

/** Takes one example away; what looks different then is told by the page's lists. */
export function RemoveExample({
  place: { project, name },
  id,
  index,
}: {
  place: ClassPlace;
  id: string;
  index: number;
}) {
  const { busy, error, run } = useWork();
  const n = index + 1;
  const remove = async () => {
    const params = { project, class: name, example: id };
    const reply = await adminApi().call('removeExample', { params });
    tellChange(reply, say(words.exampleRemoved, { name, n }));
  };
  return (
    <>
      <button
        type="button"
        class="link small"
        disabled={busy}
        aria-label={say(words.removeExample, { n })}
        onClick={() => void run(remove)}
      >
        {say(words.remove)}
      </button>
      {error !== null && <ErrorBox error={error} />}
    </>
  );
}
