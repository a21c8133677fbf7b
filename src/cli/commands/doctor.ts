import { printable } from '../../base/printable.ts';
import { needsAction, type DoctorFinding } from '../../lifecycle/doctor-finding.ts';
import type { Body } from '../command.ts';
import { examine } from '../doctor.ts';
import { plural } from '../plural.ts';
import type { Style } from '../render.ts';

/** Look for what keeps certificates from being renewed. Exit code 0, or 11 when somebody has to act. */
export const run: Body<Record<never, never>> = async (_, context) => {
  const findings = await examine(context);
  const bad = findings.filter(needsAction);
  context.print.show(
    { isHealthy: bad.length === 0, findings: findings.map((each) => ({ ...each })) },
    () => {
      const lines = findings.map((each) => lineOf(each, context.print.style)).join('');
      const sum = bad.length === 0 ? 'All is well' : `${plural(bad.length, 'thing')} to be done`;
      return `${lines}\n${sum}\n`;
    },
  );
  return bad.length === 0 ? 0 : 11;
};

function lineOf(finding: DoctorFinding, style: Style): string {
  const { check, about, severity, text, remedy } = finding;
  const paint = { ok: style.good, note: style.dim, warning: style.warn, error: style.bad }[
    severity
  ];
  const what = printable(about === undefined ? check : `${check} ${about}`);
  const todo = remedy === undefined ? '' : `${' '.repeat(9)}${printable(remedy)}\n`;
  return `${paint(severity.padEnd(8))} ${what}: ${printable(text)}\n${todo}`;
}
