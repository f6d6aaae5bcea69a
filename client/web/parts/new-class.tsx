import { useState } from 'preact/hooks';
import type { ClassAdded } from '../../../shared/api/schemas/classes.ts';
import type { Project } from '../../../shared/api/schemas/projects.ts';
import { fromPixels } from '../../data/decode.ts';
import { fromInput, type Skipped } from '../../data/files.ts';
import { firstOf } from '../../data/local-data.ts';
import { prepare } from '../thread/prepare.ts';
import { say } from '../text/language.ts';
import { words } from '../text/playground.ts';
import { page } from '../text/page.ts';
import { exampleOf } from './example.ts';
import { FilePick } from './file-pick.tsx';
import { LeftOut } from './left-out.tsx';
import { Pad } from './pad.tsx';
import { Thumb } from './thumb.tsx';
import { adminApi, token, TokenField } from './token.tsx';
import { ErrorBox } from './trouble.tsx';

const SLOTS = [0, 1, 2];
const SHOWN = 12;

/** A class the model has never seen: three drawings or some files, and a name. */
export function NewClass({
  project,
  onAdded,
  withToken,
}: {
  project: Project;
  onAdded: (added: ClassAdded) => void;
  withToken: boolean;
}) {
  const { input } = project.plan;
  const [name, setName] = useState('');
  const [drawn, setDrawn] = useState<(Float32Array | null)[]>([null, null, null]);
  const [files, setFiles] = useState<Float32Array[]>([]);
  const [skipped, setSkipped] = useState<Skipped[]>([]);
  const [sheet, setSheet] = useState(0);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const examples = [...drawn.filter((one) => one !== null), ...files];

  const read = async (list: FileList) => {
    try {
      const prepared = await prepare(fromInput(list), input);
      setFiles((before) => [...before, ...firstOf(prepared.data, input, prepared.data.count)]);
      setSkipped(prepared.skipped);
    } catch (problem) {
      setError(problem);
    }
  };
  const add = async (event: Event) => {
    event.preventDefault();
    setError(null);
    setBusy(true);
    try {
      const json = { name: name.trim(), examples: examples.map(exampleOf) };
      onAdded(await adminApi().call('addClass', { params: { project: project.id }, json }));
      setName('');
      setDrawn([null, null, null]);
      setFiles([]);
      setSkipped([]);
      setSheet(sheet + 1);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const missing =
    examples.length === 0 ? words.needExamples : name.trim() === '' ? words.needName : null;
  return (
    <form class="new-class" onSubmit={add}>
      <div class="slots">
        {SLOTS.map((slot) => (
          <Pad
            key={slot}
            small
            sheet={sheet}
            label={say(words.example, { n: slot + 1 })}
            onChange={(drawing) =>
              setDrawn((before) =>
                before.map((one, i) => (i === slot ? drawing && fromPixels(drawing, input) : one)),
              )
            }
          />
        ))}
      </div>
      <div class="buttons">
        <FilePick
          class="small"
          label={say(words.examplesFiles)}
          accept="image/*"
          multiple
          onFiles={(list) => void read(list)}
        />
        {files.slice(0, SHOWN).map((pixels, i) => (
          <Thumb key={i} pixels={pixels} input={input} label={say(page.seenImage, { n: i + 1 })} />
        ))}
        <span class="quiet">{say(words.examplesCount, { n: examples.length })}</span>
      </div>
      <LeftOut skipped={skipped} />
      <div class="two">
        <label class="field">
          <span>{say(words.name)}</span>
          <input
            value={name}
            maxLength={64}
            autocomplete="off"
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        {withToken && <TokenField label={say(page.token)} hint={say(page.tokenHint)} />}
      </div>
      <div class="buttons">
        <button type="submit" disabled={busy || missing !== null || token.value === ''}>
          {say(busy ? words.adding : words.add)}
        </button>
        {missing && <span class="quiet">{say(missing)}</span>}
      </div>
      {error !== null && <ErrorBox error={error} />}
    </form>
  );
}
