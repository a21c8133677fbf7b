import { printable } from '../base/printable.ts';
import { formatTime } from '../base/format-time.ts';
import { toHex } from '../base/bytes.ts';
import { exitCodeOf, type ExitCode } from '../base/errors.ts';
import { oidName } from '../asn1/oids.ts';
import { infoTypeAndValue } from '../inspect/info-type-and-value.ts';
import { formatTree } from '../inspect/node.ts';
import type { InfoResult } from '../lifecycle/info.ts';
import type { TakenCrl } from '../lifecycle/take-info.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { formatName } from '../x509/name-text.ts';
import { viewCertificate } from './certificate-view.ts';
import type { CommandContext } from './command.ts';
import { failCommand } from './failure.ts';
import type { Json } from './json.ts';

/** Print what a CA said to a question, and give the exit code for it. */
export function reportInfo(
  result: InfoResult | 'interrupted',
  asked: string,
  context: Pick<CommandContext, 'io' | 'globals' | 'print' | 'failed'>,
): ExitCode {
  const { print } = context;
  if (result === 'interrupted') {
    const message = `Interrupted before the CA had answered about ${asked}; ask again`;
    return failCommand({ code: 'CMP_WAITING', message }, context, { type: 'interrupted' });
  }
  const { ca, transactionID, type } = result;
  const said = { type, ca, transactionID, asked };
  const fail = (failure: Parameters<typeof failCommand>[0]): ExitCode =>
    failCommand({ ...failure, transactionID }, context, said);
  switch (result.type) {
    case 'waiting':
      return fail({
        code: 'CMP_WAITING',
        message: `CA "${ca}" has not answered about ${asked} yet`,
        hint: 'Ask again, with a longer wait if need be: nothing of a question is kept',
      });
    case 'rejected':
      return fail({
        code: 'CMP_REJECTED',
        message: `CA "${ca}" rejected the question for ${asked}`,
        hint: 'Some CAs answer only signed questions (signer-cert N), some only a shared secret',
        status: result.status,
        details: result.details,
      });
    case 'unsupported':
      print.done(said, `CA "${ca}" does not know ${asked}`);
      return 0;
    case 'nothing':
      print.done(said, `CA "${ca}" has no ${asked}, or nothing newer than what is here`);
      return 0;
    case 'ca-certs': {
      const certificates = result.certificates.map(certificateJson);
      print.show({ ...said, certificates }, () =>
        result.certificates.map((one) => `${certificateText(one)}\n`).join(''),
      );
      return 0;
    }
    case 'root-update': {
      const { newRoot, verdict, isAccepted, wasAnchor } = result;
      const root = certificateJson(newRoot);
      if (verdict.type === 'invalid') {
        return fail({
          code: 'CERT_REFUSED',
          message: `Cannot take the new root of CA "${ca}": ${verdict.detail}`,
          hint: 'Compare its fingerprint with that the operator of the CA gives, and add it with "ca add"',
        });
      }
      if (wasAnchor) {
        print.done(
          { ...said, newRoot: root, accepted: isAccepted, wasAnchor },
          `The new root of CA "${ca}" is an anchor of the CA profile already: ${certificateText(newRoot)}`,
        );
        return 0;
      }
      print.done(
        { ...said, newRoot: root, accepted: isAccepted, wasAnchor },
        `CA "${ca}" has a new root, which the present one vouches for: ${certificateText(newRoot)}; ` +
          (isAccepted
            ? 'it is an anchor of the CA profile now, beside the present one'
            : 'give "accept" to make it an anchor of the CA profile'),
      );
      return 0;
    }
    case 'crls': {
      const refused = result.crls.some(({ outcome }) => typeof outcome === 'object');
      print.show({ ...said, crls: result.crls.map(crlJson) }, () =>
        result.crls.map(crlLine).join(''),
      );
      return refused ? exitCodeOf.CERT_REFUSED : 0;
    }
    case 'request-template':
    case 'value': {
      const { item } = result;
      const tree = infoTypeAndValue(item);
      const value = item.infoValue && toHex(item.infoValue);
      const text = formatTree(tree);
      print.show({ ...said, infoType: oidName(item.infoType), value, decoded: tree }, () =>
        result.type === 'value'
          ? `${text}\n`
          : `${text}\nRequests to CA "${ca}" follow it from now on, where you say nothing else; "clear ca request-template ${ca}" forgets it\n`,
      );
      return 0;
    }
  }
}

function certificateText(certificate: Certificate): string {
  const { subject, notAfter, sha256 } = viewCertificate(certificateDer(certificate));
  return `${subject}, until ${formatTime(notAfter)}, SHA-256 ${sha256}`;
}

function certificateJson(certificate: Certificate): Json {
  const { subject, issuer, notAfter, sha256 } = viewCertificate(certificateDer(certificate));
  return { subject, issuer, notAfter: formatTime(notAfter), sha256 };
}

function crlLine({ list, outcome }: TakenCrl): string {
  const { issuer, thisUpdate, nextUpdate } = list.tbsCertList;
  const until = nextUpdate ? `, next ${formatTime(nextUpdate.value)}` : '';
  const became =
    outcome === 'stored'
      ? 'stored'
      : outcome === 'older'
        ? 'not newer than the one that is here'
        : `refused: ${printable(outcome.refused)}`;
  return `CRL of ${formatName(issuer)}, of ${formatTime(thisUpdate.value)}${until}: ${became}\n`;
}

function crlJson({ list, outcome }: TakenCrl): Json {
  const { issuer, thisUpdate, nextUpdate } = list.tbsCertList;
  return {
    issuer: formatName(issuer),
    thisUpdate: formatTime(thisUpdate.value),
    nextUpdate: nextUpdate && formatTime(nextUpdate.value),
    outcome: typeof outcome === 'object' ? 'refused' : outcome,
    reason: typeof outcome === 'object' ? outcome.refused : undefined,
  };
}
