import { useState } from 'preact/hooks';
import type { InputSpec } from '../../../../../shared/nn/net.ts';
import type { Report } from '../../../../../shared/api/schemas/examples.ts';
import { fromInput, type Skipped } from '../../../../data/files.ts';
import { firstOf } from '../../../../data/local-data.ts';
import { exampleOf } from '../../../parts/example.ts';
import { FilePick } from '../../../parts/file-pick.tsx';
import { LeftOut } from '../../../parts/left-out.tsx';
import { adminApi } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useWork } from '../../../parts/work.ts';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/classes.ts';
import { prepare } from '../../../thread/prepare.ts';
import { tellChange } from './changes.ts';
import { usePaging } from './paging.tsx';
import { Picture, RemoveExample, type ClassPlace } from './picture.tsx';

/** Pictures at once: each is a request. */
const PAGE = 24;

export type ExamplesProps = {
  place: ClassPlace;
  ids: readonly string[];
  doubtful: Report['doubtful'];
  input: InputSpec;
  changeable: boolean;
};

/** What the class was shown, in the order in which it came. */
export function Examples({ place, ids, doubtful, input, changeable }: ExamplesProps) {
  const { shown, more } = usePaging(ids.length, PAGE);
  return (
    <>
      <h3>{say(words.examples)}</h3>
      <ul class="examples">
        {ids.slice(0, shown).map((id, index) => {
          const label = say(words.example, { n: index + 1 });
          const doubt = doubtful.find(({ example }) => example === id);
          return (
            <li key={id} class={doubt ? 'doubt' : ''}>
              <Picture place={place} id={id} label={label} />
              {doubt && <span class="small">{say(words.looksLike, { name: doubt.nearest })}</span>}
              {changeable && ids.length > 1 && (
                <RemoveExample place={place} id={id} index={index} />
              )}
            </li>
          );
        })}
      </ul>
      {more}
      {changeable && ids.length === 1 && <p class="quiet small">{say(words.onlyExample)}</p>}
      {changeable && <More place={place} input={input} />}
    </>
  );
}

function More({ place: { project, name }, input }: { place: ClassPlace; input: InputSpec }) {
  const [skipped, setSkipped] = useState<Skipped[]>([]);
  const { busy, error, run } = useWork();
  const add = async (files: FileList) => {
    const { data, skipped: left } = await prepare(fromInput(files), input);
    setSkipped(left);
    if (data.count === 0) return;
    const examples = firstOf(data, input, data.count).map(exampleOf);
    const params = { project, class: name };
    const reply = await adminApi().call('addExamples', { params, json: { examples } });
    tellChange(reply, say(words.examplesAdded, { name, n: examples.length }));
  };
  return (
    <div class="more-examples">
      <FilePick
        class="small"
        label={say(busy ? words.addingExamples : words.addExamples)}
        accept="image/*"
        multiple
        disabled={busy}
        onFiles={(files) => void run(() => add(files))}
      />
      <LeftOut skipped={skipped} />
      {error !== null && <ErrorBox error={error} />}
    </div>
  );
}
