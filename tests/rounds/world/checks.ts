import assert from 'node:assert/strict';
import type { Cohort, CohortEffect, CohortEvent } from '../../../shared/rounds/cohort.ts';
import { reportOf } from '../../../shared/rounds/cohort.ts';
import { dueAt, quotas, taking, type Effect, type State } from '../../../shared/rounds/round.ts';

/** What has to hold in every state of the coordinator. */
export function checkState(state: State): void {
  assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
  const { phase, round, until, deadline, rules, nextOpenedAt, bases } = state;
  if (phase === 'idle') assert.ok(round >= until);
  if (phase === 'gathering') assert.ok(round < until);
  if (phase === 'training') assert.notEqual(deadline, null);
  if (phase !== 'training' && phase !== 'gathering') assert.equal(deadline, null);
  if (phase !== 'training') assert.equal(state.grace, null);
  const due = dueAt(state);
  if (due !== null) assert.ok(Number.isInteger(due), 'an alarm rings on a whole millisecond');
  if (nextOpenedAt !== null) {
    assert.equal(rules.mode, 'async');
    assert.ok(phase === 'closing' || phase === 'aggregating' || phase === 'finetuning');
  }
  assert.equal(bases.length === 0, phase === 'preparing');
  assert.ok(bases.length <= rules.maxStaleness + 1);
  assert.equal(new Set(bases.map(({ version }) => version)).size, bases.length);
  checkQuotas(state);
}

/** As many as are wanted, and no more; nobody who is at work or has delivered is un-asked. */
function checkQuotas(state: State): void {
  const { round, open } = taking(state);
  const { mode, wanted } = state.rules;
  const given = quotas(state);
  if (!open) return assert.deepEqual(new Set(given), new Set([0]));
  const have = state.shards.map((report) => {
    // Where rounds overlap, who is at work goes on in the next.
    if (mode === 'async') return report?.open ? report.working : 0;
    return report?.round === round ? report.working + report.counts.accepted : 0;
  });
  const sum = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);
  given.forEach((quota, shard) => assert.ok(quota >= have[shard]!));
  assert.ok(sum(given) <= Math.max(wanted, sum(have)));
}

/** Rounds open one at a time, and each is recorded in the step that ends it. */
export function checkRounds(before: State, after: State, effects: readonly Effect[]): void {
  const opened = after.round - before.round;
  assert.ok(opened === 0 || opened === 1);
  const recorded = effects.filter(({ kind }) => kind === 'record').length;
  assert.equal(isOpen(before) + opened - recorded, isOpen(after));
  for (const effect of effects) {
    if (effect.kind === 'aggregate') assert.equal(after.phase, 'aggregating');
    if (effect.kind === 'finetune') assert.equal(effect.weights, after.candidate ?? '');
  }
}

/** 1 while a round is open: opened, and not yet recorded. */
function isOpen({ phase }: State): 0 | 1 {
  return phase === 'preparing' || phase === 'idle' || phase === 'gathering' ? 0 : 1;
}

/** What has to hold in every state of a shard. */
export function checkCohort(cohort: Cohort): void {
  assert.deepEqual(JSON.parse(JSON.stringify(cohort)), cohort);
  const { open, members, sealed, round, present, mode, bases } = cohort;
  assert.equal(new Set(present).size, present.length);
  // What is open is not sealed, and what is closed is.
  assert.equal(sealed.round, open ? Math.max(0, round - 1) : round);
  const { counts, spare } = reportOf(cohort);
  assert.ok(counts.accepted + counts.declined <= counts.asked);
  assert.ok(Object.values(counts).every((count) => count >= 0));
  if (!open) return;
  assert.ok(spare <= present.length);
  for (const { as, round: asked, version } of Object.values(members)) {
    assert.ok(mode === 'async' ? asked <= round : asked === round);
    if (as === 'asked' || as === 'left')
      assert.ok(
        bases.some((base) => base.version === version),
        'at work on what cannot count',
      );
  }
}

/** Whom a step asks, lets go and sends away. */
export function checkEffects(
  before: Cohort,
  event: CohortEvent,
  after: Cohort,
  effects: readonly CohortEffect[],
): void {
  for (const effect of effects) {
    if (effect.kind === 'assign') checkAssignment(before, event, after, effect);
    if (effect.kind === 'dismiss') checkDismissal(before, after, effect.volunteers);
    if (effect.kind === 'wait')
      for (const volunteer of effect.volunteers)
        assert.notEqual(after.members[volunteer]?.as, 'asked');
  }
}

function checkAssignment(
  before: Cohort,
  event: CohortEvent,
  after: Cohort,
  { volunteer, member, base, deadline }: CohortEffect & { kind: 'assign' },
): void {
  assert.ok(after.open && after.present.includes(volunteer));
  assert.deepEqual(after.members[volunteer], member);
  assert.deepEqual([member.as, member.version], ['asked', base.version]);
  assert.equal(deadline, after.deadline);
  const back = event.kind === 'arrived' && event.volunteer === volunteer;
  if (back && before.members[volunteer]?.place === member.place) return;
  // Somebody new: there is room for all who are at work or have delivered.
  assert.deepEqual(base, after.bases[0]);
  const { working, counts } = reportOf(after);
  assert.ok(working + (after.mode === 'async' ? 0 : counts.accepted) <= after.quota);
}

/** Only when the round closes, or the version is too old: a smaller quota un-asks nobody. */
function checkDismissal(before: Cohort, after: Cohort, volunteers: readonly string[]): void {
  assert.ok(volunteers.length > 0);
  for (const volunteer of volunteers) {
    const member = before.members[volunteer]!;
    assert.equal(member.as, 'asked');
    const known = after.bases.some(({ version }) => version === member.version);
    assert.ok(!known || after.round > before.round || !after.open);
  }
}
