import '../../../parts/style/access.css';
import type { Project } from '../../../../../shared/api/schemas/projects.ts';
import { token } from '../../../parts/token.tsx';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/access.ts';
import { Keys } from './keys.tsx';
import { Settings } from './settings.tsx';

/** Who may use the project, and with what. */
export function AccessSection({ project: { id } }: { project: Project }) {
  if (token.value === '') return <p class="card quiet">{say(words.needsKey)}</p>;
  // Another key may see other things.
  return (
    <div key={token.value}>
      <Settings project={id} />
      <Keys project={id} />
    </div>
  );
}
