import type { ComponentChildren } from 'preact';

export type Fact = readonly [label: string, value: ComponentChildren];

/** A few numbers with their names. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
