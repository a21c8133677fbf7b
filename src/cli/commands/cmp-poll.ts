import { poll } from '../../lifecycle/poll.ts';
import { decodeCertificate } from '../../x509/certificate.ts';
import type { Body } from '../command.ts';
import { reportResult, runEnrollment } from '../enrollment.ts';
import type { PollParameters } from '../parameters-cmp.ts';
import { formatTime } from '../../base/format-time.ts';

/** Ask for the answer to an outstanding request. */
export const run: Body<PollParameters> = async ({ currentCert: name, wait, dump }, command) => {
  const services = await command.services();
  const result = await runEnrollment(
    command,
    services,
    (context) => poll(context, { name, waitSeconds: wait }),
    dump,
  );
  if (result === 'interrupted') return reportResult(result, name, command);
  if (result.type !== 'settled' && result.type !== 'delivered') {
    return reportResult(result, name, command);
  }
  const { validity } = decodeCertificate(result.certificate.der).tbsCertificate;
  const notAfter = formatTime(validity.notAfter.value);
  const files = result.type === 'delivered' ? result.files : [];
  command.print.done(
    { type: result.type, name, notAfter, files },
    result.type === 'delivered'
      ? `Certificate "${name}" is valid until ${notAfter}; its files are written now: ${files.join(', ')}`
      : `Nothing is outstanding for "${name}": its certificate is valid until ${notAfter}`,
  );
  return 0;
};
