import { formatTime } from '../../base/format-time.ts';
import type { Alarm } from '../../traps/alarms/alarm.ts';
import { compareSeverity } from '../../traps/alarms/severity.ts';
import type { Body } from '../command.ts';
import type { showAlarmsParameters } from '../parameters-notify.ts';
import type { Style } from '../render.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatFields, formatTable, type Cell } from '../table.ts';

/** More than anybody reads. */
const most = 10_000;

/** List what is wrong and was told. */
export const run: Body<typeof showAlarmsParameters> = async ({ full }, context) => {
  const standing = (await readStored(context, ({ store }) => store.alarms.list(most))) ?? [];
  const alarms = standing.toSorted((a, b) => compareSeverity(b.last.severity, a.last.severity));
  const { style } = context.print;
  context.print.show({ alarms: alarms.map(alarmJson) }, () => {
    if (alarms.length === 0) return `Nothing is wrong, as far as was seen${whereLooked(context)}\n`;
    if (full) return alarms.map((alarm) => fullText(alarm, style)).join('\n');
    const columns = ['SEVERITY', 'SINCE', 'WHAT', 'NAME', 'REASON'];
    return formatTable(
      columns.map((title) => ({ title })),
      alarms.map((alarm) => [
        severityCell(alarm, style),
        formatTime(alarm.raisedAt),
        alarm.last.name,
        whoOf(alarm),
        alarm.last.details.reason ?? '',
      ]),
    );
  });
  return 0;
};

function whoOf({ last: { certificate, details } }: Alarm): string {
  return certificate?.name ?? details.endpoint ?? '';
}

function severityCell({ last: { severity } }: Alarm, style: Style): Cell {
  const isBad = severity === 'critical' || severity === 'major';
  return { text: severity, paint: isBad ? style.bad : style.warn };
}

function fullText(alarm: Alarm, style: Style): string {
  const { last, raisedAt, lastSentAt, count, heldBack, attempts } = alarm;
  const { details, certificate } = last;
  return formatFields([
    ['alarm', alarm.key],
    ['severity', severityCell(alarm, style)],
    ['what', last.name],
    ['name', whoOf(alarm)],
    ['text', last.text],
    ['reason', details.reason],
    ['operation', details.operation],
    ['transaction', details.transactionID],
    ['ends', timeText(certificate?.notAfter)],
    ['since', formatTime(raisedAt)],
    ['told', `${count === 1 ? 'once, at' : `${count} times, last at`} ${formatTime(lastSentAt)}`],
    ['attempts', attempts === 0 ? undefined : String(attempts)],
    ['held back', heldBack === 0 ? undefined : String(heldBack)],
    ['next attempt', timeText(details.nextAttempt)],
  ]);
}

function timeText(moment: Date | undefined): string | undefined {
  return moment && formatTime(moment);
}

function alarmJson(alarm: Alarm) {
  const { key, raisedAt, lastSentAt, count, heldBack, attempts, last } = alarm;
  const { name, severity, sequence, text, certificate, details } = last;
  return {
    alarm: key,
    notification: name,
    severity,
    sequence,
    text,
    name: certificate?.name,
    index: certificate?.index,
    serialNumber: certificate?.serialNumber,
    notAfter: certificate?.notAfter && formatTime(certificate.notAfter),
    ...details,
    nextAttempt: details.nextAttempt && formatTime(details.nextAttempt),
    deadline: details.deadline && formatTime(details.deadline),
    since: formatTime(raisedAt),
    lastToldAt: formatTime(lastSentAt),
    count,
    heldBack,
    attempts,
  };
}
