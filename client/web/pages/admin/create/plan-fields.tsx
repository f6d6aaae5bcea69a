import { parse } from 'valibot';
import { NETS } from '../../../../../shared/nn/index.ts';
import type { Net } from '../../../../../shared/nn/net.ts';
import { needsLabels, type Objective } from '../../../../../shared/objectives/contract.ts';
import { OBJECTIVES } from '../../../../../shared/objectives/index.ts';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/admin.ts';
import type { PlanFields as Fields } from './draft.ts';

/** Volunteers have no labels, so what needs them is not offered. */
const OFFERED = Object.entries(OBJECTIVES as Record<string, Objective>).filter(
  ([, objective]) => !needsLabels(objective, parse(objective.config, {})),
);

/** A net that only a batch can be embedded by classifies no single image. */
const SERVED = Object.entries<Net>(NETS).filter(([, net]) => !net.ofBatch);

export type PlanFieldsProps = {
  fields: Fields;
  error: string | null;
  onChange: (fields: Fields) => void;
};

/** How the project learns. The tables of networks and objectives fill the lists, so a new plugin is offered at once. */
export function PlanFields({ fields, error, onChange }: PlanFieldsProps) {
  const set = (part: Partial<Fields>) => onChange({ ...fields, ...part });
  const net = (NETS as Record<string, Net>)[fields.net];
  const objective = (OBJECTIVES as Record<string, Objective>)[fields.objective];
  return (
    <fieldset class="plan">
      <legend class="label">{say(words.plan)}</legend>
      <div class="two">
        <label class="field">
          <span>{say(words.objective)}</span>
          <select
            value={fields.objective}
            onChange={(event) => set({ objective: event.currentTarget.value })}
          >
            {OFFERED.map(([id, { title }]) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
          {objective && (
            <span class="hint" lang="en">
              {objective.summary} <a href={objective.paper}>{say(words.paper)}</a>
            </span>
          )}
        </label>
        <label class="field">
          <span>{say(words.net)}</span>
          <select value={fields.net} onChange={(event) => set({ net: event.currentTarget.value })}>
            {SERVED.map(([id, { title }]) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
          {net && (
            <span class="hint">
              <a href={net.paper}>{say(words.paper)}</a>
            </span>
          )}
        </label>
        <NumberField
          label={say(words.goal)}
          value={fields.goal}
          onChange={(goal) => set({ goal })}
        />
        <NumberField
          label={say(words.deadlineSeconds)}
          value={fields.deadlineSeconds}
          onChange={(deadlineSeconds) => set({ deadlineSeconds })}
        />
      </div>
      <details>
        <summary>{say(words.advanced)}</summary>
        <label class="field">
          <span class="hint">{say(words.advancedHint)}</span>
          <textarea
            value={fields.advanced}
            spellcheck={false}
            aria-invalid={error !== null}
            placeholder={'{ "local": { "steps": 60 }, "codec": "int8" }'}
            onInput={(event) => set({ advanced: event.currentTarget.value })}
          />
        </label>
      </details>
      {error !== null && (
        <p class="warn" role="alert">
          {say(words.planWrong, { detail: error })}
        </p>
      )}
    </fieldset>
  );
}

function NumberField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: number;
  onChange: (value: number) => void;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="number"
        min={1}
        value={value}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}
