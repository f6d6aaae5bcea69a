import type { Skipped } from '../../data/files.ts';
import { say } from '../text/language.ts';
import { page, skipped as reasons } from '../text/page.ts';

const SHOWN = 200;

/** Files that could not be used, by name: nobody should wonder where an image went. */
export function LeftOut({ skipped }: { skipped: readonly Skipped[] }) {
  if (skipped.length === 0) return null;
  return (
    <details class="left-out">
      <summary>{say(page.leftOut, { n: skipped.length })}</summary>
      <ul>
        {skipped.slice(0, SHOWN).map(({ path, reason }) => (
          <li key={path}>
            <span class="path">{path}</span> <span class="quiet">{say(reasons[reason])}</span>
          </li>
        ))}
        {skipped.length > SHOWN && (
          <li class="quiet">{say(page.more, { n: skipped.length - SHOWN })}</li>
        )}
      </ul>
    </details>
  );
}
