import '../../../parts/style/versions.css';
import type { Project } from '../../../../../shared/api/schemas/projects.ts';
import { api } from '../../../parts/projects.ts';
import { token } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useLoaded } from '../../../parts/work.ts';
import { say } from '../../../text/language.ts';
import { page } from '../../../text/page.ts';
import { words } from '../../../text/versions.ts';
import { place } from '../place.ts';
import { stand } from '../watch.ts';
import { Bring } from './bring.tsx';
import { Card } from './card.tsx';
import { List } from './list.tsx';
import { Trial } from './trial.tsx';

/** The student's versions: how good each is, and which one answers. */
export function VersionsSection({ project: { id } }: { project: Project }) {
  const { value, error, reload } = useLoaded(
    (signal) => api.call('listVersions', { params: { project: id }, signal }),
    [id, stand.value],
  );
  if (error !== null && !value) return <ErrorBox error={error} onRetry={reload} />;
  if (!value) return <p class="quiet waiting">{say(page.loading)}</p>;
  const { item } = place.value;
  const one = value.find(({ number }) => String(number) === item);
  if (item !== null && !one) return <p class="card quiet">{say(words.noVersion, { n: item })}</p>;
  if (one) return <Card key={item} project={id} version={one} all={value} onChange={reload} />;
  return (
    <>
      {error !== null && <ErrorBox error={error} onRetry={reload} />}
      <List project={id} versions={value} onChange={reload} />
      {token.value !== '' && value.length > 0 && (
        <div key={token.value}>
          <Trial project={id} versions={value} onChange={reload} />
          <Bring project={id} onBrought={reload} />
        </div>
      )}
    </>
  );
}
