import { resolve } from 'node:path';
import { CertError } from '../../base/errors.ts';
import { quoted } from '../../base/quoted.ts';
import type { PeerReport } from '../../validation/peer-report.ts';
import { agentSocket } from '../agent-socket.ts';
import type { Body, CommandContext } from '../command.ts';
import type { ArgsOf } from '../parameter.ts';
import type { verifyParameters } from '../parameters-validation.ts';
import { readPeerFile } from '../peer-file.ts';
import { peerText } from '../peer-view.ts';
import { readSource } from '../source.ts';
import { readStored, whereLooked } from '../stored.ts';
import { verifyBy, verifyOnlyBy } from '../verify-by-agent.ts';
import type { VerifyHere } from '../verify-here.ts';

/** Judge a peer's certificate, or one of ours as a peer would; exit code 0 accepts it, 9 does not. */
export const run: Body<typeof verifyParameters> = async (args, context) => {
  const { policy: name, ca, ocspObject, identity } = args;
  const at = args.at === undefined ? undefined : parseTime(args.at);
  if (identity !== undefined) {
    const { parseIdentity } = await import('../../revocation/peer-identity-text.ts');
    parseIdentity(identity);
  }
  const of = await readPeer(args, context);
  const staple =
    args.staple === undefined ? undefined : await readSource(args.staple, 'staple', context);
  const about = {
    of,
    ...(identity !== undefined && { identity }),
    ...(staple && { staple: staple.octets }),
  };
  const show = (report: PeerReport): 0 | 9 => {
    context.print.show(report, () => peerText(report, context.print.style));
    return report.verdict === 'accept' ? 0 : 9;
  };
  if (args.socket !== undefined) {
    if (name === undefined) {
      throw new CertError('USAGE_INVALID', 'Cannot ask the agent without a policy', {
        hint: 'Add policy P: an agent judges by those that are set up',
      });
    }
    return show(await verifyOnlyBy(resolve(args.socket), { policy: name, ...about }));
  }
  // What an agent remembers is of now, and of policies as they are set up.
  if (name !== undefined && ca.length === 0 && ocspObject === undefined && at === undefined) {
    const report = await verifyBy(agentSocket(context), { policy: name, ...about });
    if (report) return show(report);
  }
  return show(
    await here(context, {
      ...about,
      choice: {
        ca,
        ...(name !== undefined && { name }),
        ...(ocspObject !== undefined && { ocspObject }),
      },
      ...(at && { at }),
    }),
  );
};

async function readPeer(
  { file, chain, certName }: ArgsOf<typeof verifyParameters>,
  context: CommandContext,
): Promise<VerifyHere['of']> {
  if (certName !== undefined) return certName;
  return [
    ...(file === undefined ? [] : await readPeerFile(file, 'file', context)),
    ...(chain === undefined ? [] : await readPeerFile(chain, 'chain', context)),
  ];
}

async function here(context: CommandContext, question: VerifyHere): Promise<PeerReport> {
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
  const { verifyHere } = await import('../verify-here.ts');
  return await verifyHere(services, question);
}

function parseTime(text: string): Date {
  const isWritten = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?Z)?$/.test(text);
  const time = new Date(text);
  if (isWritten && !Number.isNaN(time.getTime())) return time;
  throw new CertError('USAGE_INVALID', `Cannot use ${quoted(text)} as at: no time in UTC`, {
    hint: 'Write it as 2026-12-01T00:00:00Z, or the day alone',
  });
}
