import { composeValidation } from '../../agent/compose-validation.ts';
import { CertError } from '../../base/errors.ts';
import { quoted } from '../../base/quoted.ts';
import { resolvePolicy } from '../../lifecycle/validation-policies.ts';
import { parseIdentity } from '../../revocation/peer-identity-text.ts';
import { validatePeer } from '../../validation/check-peer.ts';
import { peerReport } from '../../validation/peer-report.ts';
import type { Body } from '../command.ts';
import type { verifyParameters } from '../parameters-validation.ts';
import { readPeerFile } from '../peer-file.ts';
import { peerText } from '../peer-view.ts';
import { readSource } from '../source.ts';
import { readStored, whereLooked } from '../stored.ts';

/** Judge a peer's certificate; exit code 0 accepts it, 9 does not. */
export const run: Body<typeof verifyParameters> = async (args, context) => {
  const { policy: name, ca, ocspObject } = args;
  const at = args.at === undefined ? undefined : parseTime(args.at);
  const identity = args.identity === undefined ? undefined : parseIdentity(args.identity);
  const chain = [
    ...(await readPeerFile(args.file, 'file', context)),
    ...(args.chain === undefined ? [] : await readPeerFile(args.chain, 'chain', context)),
  ];
  const staple =
    args.staple === undefined ? undefined : await readSource(args.staple, 'staple', context);
  const services = await readStored(context, async (opened) => opened);
  if (services === undefined) {
    throw new CertError(
      'CA_UNKNOWN',
      `Cannot judge a peer: no CA is known${whereLooked(context)}`,
      {
        hint: 'Import one with "certkeeper cert import cert-name LABEL file FILE ca"',
      },
    );
  }
  const policy = await resolvePolicy(services.store, {
    ca,
    ...(name !== undefined && { name }),
    ...(ocspObject !== undefined && { ocspObject }),
  });
  const verdict = await validatePeer(
    composeValidation(services, at && { at }).context,
    policy,
    { chain, ...(identity && { identity }), ...(staple && { staple: staple.octets }) },
    at ?? services.clock.now(),
    new AbortController().signal,
  );
  const report = peerReport(verdict);
  context.print.show(report, () => peerText(report, context.print.style));
  return verdict.verdict === 'accept' ? 0 : 9;
};

function parseTime(text: string): Date {
  const isWritten = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?Z)?$/.test(text);
  const time = new Date(text);
  if (isWritten && !Number.isNaN(time.getTime())) return time;
  throw new CertError('USAGE_INVALID', `Cannot use ${quoted(text)} as at: no time in UTC`, {
    hint: 'Write it as 2026-12-01T00:00:00Z, or the day alone',
  });
}
