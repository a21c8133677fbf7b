import { faultKinds } from './faults.ts';
import type { WorldReport } from './world.ts';

/** What happened in all worlds. */
export interface Summary {
  readonly worlds: number;
  readonly gateways: number;
  readonly steps: number;
  readonly renewals: number;
  readonly issued: number;
  readonly messages: number;
  readonly notifications: number;
  readonly alarms: number;
  readonly added: number;
  readonly removed: number;
  readonly restored: number;
  /** Worlds with two CAs, and with maintenance windows. */
  readonly withTwoCas: number;
  readonly withWindows: number;
  readonly kills: number;
  readonly lapsed: number;
  readonly byHand: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
}

/** Nothing yet. */
export const emptySummary: Summary = {
  worlds: 0,
  gateways: 0,
  steps: 0,
  renewals: 0,
  issued: 0,
  messages: 0,
  notifications: 0,
  alarms: 0,
  added: 0,
  removed: 0,
  restored: 0,
  withTwoCas: 0,
  withWindows: 0,
  kills: 0,
  lapsed: 0,
  byHand: 0,
  faults: new Map(faultKinds.map((kind) => [kind, 0])),
  violations: [],
};

/** Count a world. */
export function addWorld(sum: Summary, world: WorldReport): Summary {
  const { violation } = world;
  return {
    worlds: sum.worlds + 1,
    gateways: sum.gateways + world.gateways,
    steps: sum.steps + world.steps,
    renewals: sum.renewals + world.renewals,
    issued: sum.issued + world.issued,
    messages: sum.messages + world.messages,
    notifications: sum.notifications + world.notifications,
    alarms: sum.alarms + world.alarms,
    added: sum.added + world.added,
    removed: sum.removed + world.removed,
    restored: sum.restored + world.restored,
    withTwoCas: sum.withTwoCas + Number(world.hasTwoCas),
    withWindows: sum.withWindows + Number(world.hasWindows),
    kills: sum.kills + world.kills,
    lapsed: sum.lapsed + world.lapsed,
    byHand: sum.byHand + world.byHand,
    faults: new Map(
      faultKinds.map((kind) => [kind, (sum.faults.get(kind) ?? 0) + (world.faults.get(kind) ?? 0)]),
    ),
    violations: violation
      ? [...sum.violations, `site ${world.site} step ${violation.step}: ${violation.text}`]
      : sum.violations,
  };
}

/** Write a summary for people, as it is committed. */
export function asText(
  run: { readonly seed: number; readonly years: number; readonly seconds: number },
  summary: Summary,
): string {
  const { violations, faults } = summary;
  return [
    `seed ${run.seed}: ${summary.gateways} gateways of ${summary.worlds} agents over ${run.years} years, in ${Math.round(run.seconds)} s`,
    `${summary.steps} steps, ${summary.renewals} renewals, ${summary.issued} certificates issued, ${summary.messages} messages`,
    `${summary.kills} kills, ${summary.lapsed} certificates expired that could not be renewed, ${summary.byHand} replaced by hand`,
    `${summary.notifications} notifications received, ${summary.alarms} alarms raised and ended`,
    `${summary.added} names added, ${summary.removed} removed, ${summary.restored} put back to an earlier certificate`,
    `${summary.withTwoCas} agents with two CAs, ${summary.withWindows} with maintenance windows`,
    ...[...faults].map(([kind, count]) => `  ${kind}: ${count}`),
    `${violations.length} violations`,
    ...violations.map((each) => `  ${each}`),
  ].join('\n');
}
