import { Copyable } from '../../parts/copy.tsx';
import { say } from '../../text/language.ts';
import { words } from '../../text/admin.ts';

/** A secret that nobody can look up again: it stays until somebody says that it is kept. */
export function OnceShown({
  title,
  secret,
  onDone,
}: {
  title: string;
  secret: string;
  onDone: () => void;
}) {
  return (
    <div class="done once" role="group" aria-label={title}>
      <p>
        <strong>{title}</strong> {say(words.shownOnce)}
      </p>
      <Copyable text={secret} label={title} />
      <button type="button" class="small" onClick={onDone}>
        {say(words.kept)}
      </button>
    </div>
  );
}
