import { formatTime } from '../../base/format-time.ts';
import type { AuditRecord } from '../../store/audit-contract.ts';
import type { Body } from '../command.ts';
import type { Json } from '../json.ts';
import type { showAuditParameters } from '../parameters-audit.ts';
import type { Style } from '../render.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatTable, type StyledCell } from '../table.ts';

/** List who changed what, newest first. */
export const run: Body<typeof showAuditParameters> = async ({ last, certName }, context) => {
  const { print } = context;
  const read = await readStored(context, ({ store }) =>
    // Those about one name are found among all: there may be many others since.
    store.audit.list(certName === undefined ? last : undefined),
  );
  const acts = (read ?? []).filter((act) => certName === undefined || isAbout(act, certName));
  const shown = acts.slice(0, last);
  print.show({ audit: shown.map(json) }, () => {
    if (shown.length === 0) {
      const what = certName === undefined ? '' : ` about "${certName}"`;
      return `There is nothing${what} in the audit trail${whereLooked(context)}\n`;
    }
    return formatTable(
      [{ title: 'AT' }, { title: 'WHO' }, { title: 'TTY' }, { title: 'RESULT' }, { title: 'WHAT' }],
      shown.map((act) => [
        formatTime(act.at),
        act.actor.type === 'agent' ? 'agent' : (act.actor.user ?? '?'),
        act.actor.tty ?? '',
        result(act, print.style),
        line(act),
      ]),
    );
  });
  return 0;
};

/** Keywords whose value names a certificate here. */
const naming: ReadonlySet<string> = new Set([
  'cert-name',
  'current-cert',
  'current-name',
  'name',
  'signer-cert',
  'tls-client-cert',
]);

function isAbout({ arguments: all }: AuditRecord, name: string): boolean {
  return all.some(([parameter, value]) => naming.has(parameter) && value === name);
}

function json(act: AuditRecord): { readonly [key: string]: Json | undefined } {
  const { id, actor, what, result: ended } = act;
  return {
    id,
    at: formatTime(act.at),
    actor: { ...actor },
    what,
    arguments: act.arguments.map(([parameter, value]) => ({ parameter, value })),
    state: stateOf(act),
    result: ended && { ...ended, at: formatTime(ended.at) },
  };
}

/** How an act ended, in one word: `unfinished` goes on, or its process was killed. */
function stateOf({ result: ended }: AuditRecord): 'unfinished' | 'done' | 'waiting' | 'failed' {
  if (ended === undefined) return 'unfinished';
  if (ended.exitCode === 0) return 'done';
  return ended.exitCode === waitingExitCode ? 'waiting' : 'failed';
}

const waitingExitCode = 8;

function result(act: AuditRecord, { good, warn, bad }: Style): StyledCell {
  const state = stateOf(act);
  const { exitCode, code } = act.result ?? {};
  const paint = { done: good, waiting: warn, unfinished: bad, failed: bad }[state];
  const text = state === 'failed' ? `failed ${exitCode ?? ''} ${code ?? ''}`.trim() : state;
  return { text, paint };
}

/** The command as it would be typed again; a value with blanks is quoted. */
function line({ what, arguments: all }: AuditRecord): string {
  const words = all.map(([parameter, value], i) => {
    const shown = /\s/.test(value) ? JSON.stringify(value) : value;
    // Of `clear cmp cert-name gw1` the keyword is the command's last word.
    return i === 0 && what.endsWith(` ${parameter}`) ? shown : `${parameter} ${shown}`.trimEnd();
  });
  return [what, ...words].join(' ');
}
