import { probe } from '../../lifecycle/probe.ts';
import type { Body } from '../command.ts';
import { exitCodeOf } from '../../base/errors.ts';
import { runEnrollment } from '../enrollment.ts';
import { initialCredentialOf } from '../initial-credential.ts';
import type { ProbeParameters } from '../parameters-ca.ts';
import { formatTable } from '../table.ts';

/** Ask a CA what it can do. */
export const run: Body<ProbeParameters> = async (args, command) => {
  const { label, caUrl } = args;
  const request = {
    ca: label,
    ...(caUrl !== undefined && { url: caUrl }),
    credential: await initialCredentialOf(args, command),
  };
  const services = await command.services();
  const result = await runEnrollment(
    command,
    services,
    (context) => probe(context, request),
    args.dump,
  );
  if (result === 'interrupted') return exitCodeOf.CMP_WAITING;
  const { ca, findings, clockAheadSeconds } = result;
  command.print.show(
    { ca, findings: findings.map((one) => ({ ...one })), clockAheadSeconds },
    () => {
      const { style } = command.print;
      const paint = { yes: style.good, no: style.dim, unknown: style.warn } as const;
      const table = formatTable(
        [{ title: 'ASKED FOR' }, { title: 'KNOWN' }, { title: 'DETAIL' }],
        findings.map(({ what, result: known, detail }) => [
          what,
          { text: known, paint: paint[known] },
          detail,
        ]),
      );
      return clockAheadSeconds === undefined
        ? table
        : `${table}\nIts clock is ${Math.abs(clockAheadSeconds)} s ${clockAheadSeconds < 0 ? 'behind' : 'ahead of'} ours\n`;
    },
  );
  return 0;
};
