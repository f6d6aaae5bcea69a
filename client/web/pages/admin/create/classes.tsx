import { useState } from 'preact/hooks';
import {
  byFolder,
  fromDrop,
  fromInput,
  imagesAmong,
  type ChosenFile,
} from '../../../../data/files.ts';
import { FilePick } from '../../../parts/file-pick.tsx';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/admin.ts';
import type { DraftClass } from './draft.ts';

let keys = 0;
export const emptyClass = (): DraftClass => ({ key: keys++, name: '', files: [] });

export type ClassRowsProps = { classes: DraftClass[]; onChange: (classes: DraftClass[]) => void };

/** Rows of "class name + images", or a dropped folder whose subfolders are the classes. */
export function ClassRows({ classes, onChange }: ClassRowsProps) {
  const [over, setOver] = useState(false);
  const change = (key: number, part: Partial<DraftClass>) =>
    onChange(classes.map((row) => (row.key === key ? { ...row, ...part } : row)));
  const fill = async (chosen: ChosenFile[]) => {
    const { files } = await imagesAmong(chosen);
    const found = [...byFolder(files)].map(([name, images]) => ({
      ...emptyClass(),
      name,
      files: images,
    }));
    const typed = classes.filter(({ name, files: own }) => name !== '' || own.length > 0);
    onChange([...typed, ...found]);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer) void fromDrop(event.dataTransfer).then(fill);
  };
  return (
    <fieldset
      class={over ? 'class-rows drop over' : 'class-rows drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <legend class="label">{say(words.labelled)}</legend>
      <p class="hint">{say(words.labelledHint)}</p>
      <ul>
        {classes.map((row) => (
          <Row
            key={row.key}
            row={row}
            onChange={(part) => change(row.key, part)}
            onRemove={() => onChange(classes.filter(({ key }) => key !== row.key))}
          />
        ))}
      </ul>
      <div class="buttons">
        <button type="button" class="small" onClick={() => onChange([...classes, emptyClass()])}>
          {say(words.addRow)}
        </button>
        <FilePick
          class="small"
          folder
          label={say(words.chooseFolder)}
          onFiles={(list) => void fill(fromInput(list))}
        />
      </div>
    </fieldset>
  );
}

type RowProps = {
  row: DraftClass;
  onChange: (part: Partial<DraftClass>) => void;
  onRemove: () => void;
};

function Row({ row: { name, files }, onChange, onRemove }: RowProps) {
  const add = (list: FileList) => onChange({ files: [...files, ...fromInput(list)] });
  return (
    <li>
      <input
        value={name}
        maxLength={64}
        aria-label={say(words.className)}
        placeholder={say(words.className)}
        onInput={(event) => onChange({ name: event.currentTarget.value })}
      />
      <FilePick
        class="small"
        multiple
        accept="image/*,.zip"
        label={say(words.chooseImages)}
        onFiles={add}
      />
      <span class="quiet small">{say(words.images, { n: files.length })}</span>
      <button
        type="button"
        class="link small"
        onClick={onRemove}
        aria-label={`${say(words.removeRow)}: ${name}`}
      >
        {say(words.removeRow)}
      </button>
    </li>
  );
}
