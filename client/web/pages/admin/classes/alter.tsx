import { useState } from 'preact/hooks';
import type { ClassInfo } from '../../../../../shared/api/schemas/classes.ts';
import { Confirm } from '../../../parts/confirm.tsx';
import { adminApi } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useWork } from '../../../parts/work.ts';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/classes.ts';
import { go } from '../place.ts';
import { tellChange } from './changes.ts';

export type AlterProps = {
  project: string;
  name: string;
  /** Those that it could take the examples of. */
  others: readonly ClassInfo[];
};

/** Another name, another class's examples, or the end of it. Each can be undone. */
export function Alter({ project, name, others }: AlterProps) {
  const [asked, setAsked] = useState<'merge' | 'remove' | null>(null);
  const [to, setTo] = useState(name);
  const [from, setFrom] = useState('');
  const { busy, error, run } = useWork();
  const params = { project, class: name };
  const rename = async () => {
    const reply = await adminApi().call('renameClass', { params, json: { name: to.trim() } });
    tellChange(reply, say(words.renamed, { from: name, name: reply.name }));
    go('classes', reply.name);
  };
  const merge = async () => {
    const reply = await adminApi().call('mergeClasses', { params, json: { from } });
    tellChange(reply, say(words.merged, { from, name }));
    setFrom('');
  };
  const remove = async () => {
    tellChange(await adminApi().call('removeClass', { params }), say(words.removed, { name }));
    go('classes');
  };
  return (
    <div class="alter">
      <h3>{say(words.change)}</h3>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run(rename);
        }}
      >
        <label class="field">
          <span>{say(words.newName)}</span>
          <span class="with-button">
            <input
              value={to}
              maxLength={64}
              autocomplete="off"
              onInput={(event) => setTo(event.currentTarget.value)}
            />
            <button type="submit" disabled={busy || ['', name].includes(to.trim())}>
              {say(words.rename)}
            </button>
          </span>
        </label>
      </form>
      {others.length > 0 && (
        <label class="field">
          <span>{say(words.mergeFrom)}</span>
          <span class="with-button">
            <select value={from} onChange={(event) => setFrom(event.currentTarget.value)}>
              <option value="">{say(words.mergeChoose)}</option>
              {others.map((other) => (
                <option key={other.name} value={other.name}>
                  {other.name}
                </option>
              ))}
            </select>
            <button type="button" disabled={busy || from === ''} onClick={() => setAsked('merge')}>
              {say(words.merge)}
            </button>
          </span>
        </label>
      )}
      <button type="button" class="danger" disabled={busy} onClick={() => setAsked('remove')}>
        {say(words.removeClass)}
      </button>
      {error !== null && <ErrorBox error={error} />}
      {asked === 'merge' && (
        <Confirm
          title={say(words.mergeTitle, { from, name })}
          text={say(words.mergeText, { from, name })}
          action={say(words.merge)}
          onConfirm={() => void run(merge)}
          onClose={() => setAsked(null)}
        />
      )}
      {asked === 'remove' && (
        <Confirm
          title={say(words.removeTitle, { name })}
          text={say(words.removeText)}
          action={say(words.remove)}
          onConfirm={() => void run(remove)}
          onClose={() => setAsked(null)}
        />
      )}
    </div>
  );
}
