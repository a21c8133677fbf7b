import { toHex } from '../../base/bytes.ts';
import { printable } from '../../base/printable.ts';
import { isCertOperation, type LabTransaction } from '../../ca/ledger-records.ts';
import type { Body } from '../command.ts';
import { labDirectory, withLedger } from '../lab-directory.ts';
import type { LabRequestsParameters } from '../parameters-lab.ts';
import { formatTime } from '../../base/format-time.ts';
import { formatTable } from '../table.ts';

/** List what waits for approval in the lab. */
export const run: Body<LabRequestsParameters> = async ({ dir, all }, context) => {
  const directory = labDirectory(dir, context);
  const { transactions, issued } = await withLedger(dir, context, async (ledger) => ({
    transactions: await ledger.transactions(),
    issued: await ledger.issuedCount(),
  }));
  const shown = all ? transactions : transactions.filter(isUndecided);
  context.print.show({ directory, issued, requests: shown.map(requestJson) }, () => {
    if (shown.length === 0) {
      return `${all ? 'No request came yet to' : 'No request waits in'} the lab in ${printable(directory)}\n`;
    }
    return formatTable(
      [
        { title: 'ID', align: 'right' },
        { title: 'OPERATION' },
        { title: 'SUBJECT' },
        { title: 'FROM' },
        { title: 'SINCE' },
        { title: 'STATE' },
      ],
      shown.map((one) => [
        String(one.id),
        one.operation,
        one.subject,
        one.reference ?? 'signed',
        formatTime(one.openedAt),
        stateOf(one),
      ]),
    );
  });
  return 0;
};

function isUndecided({ phase, needsApproval, decision }: LabTransaction): boolean {
  return phase === 'waiting' && needsApproval && decision === undefined;
}

function stateOf(one: LabTransaction): string {
  const { phase, certificateId, decision, reason, operation } = one;
  const hasCertificate = certificateId === undefined ? 'refused' : 'issued';
  const ended = isCertOperation(operation) ? hasCertificate : 'answered';
  const state = phase === 'closed' ? ended : phase;
  const decided = decision === undefined ? state : `${state}, ${decision}`;
  return reason === undefined ? decided : `${decided}: ${reason}`;
}

function requestJson(one: LabTransaction) {
  const { id, operation, phase, subject, reference, decision, reason, polls } = one;
  return {
    id,
    transactionID: toHex(one.transactionID),
    operation,
    subject,
    reference,
    phase,
    needsApproval: one.needsApproval,
    decision,
    reason,
    polls,
    openedAt: formatTime(one.openedAt),
    certificateId: one.certificateId,
  };
}
