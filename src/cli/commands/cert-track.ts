import { resolve } from 'node:path';
import { CertError } from '../../base/errors.ts';
import { formatTime } from '../../base/format-time.ts';
import { trackCertificate } from '../../lifecycle/track-certificate.ts';
import { readTrackSource, serviceSource } from '../../lifecycle/track-source.ts';
import { looksLikeUrl, splitUserinfo, withoutUserinfo } from '../../retrieval/url.ts';
import { viewCertificate } from '../certificate-view.ts';
import type { Body } from '../command.ts';
import type { ArgsOf } from '../parameter.ts';
import type { certTrackParameters } from '../parameters-cert.ts';

/** Watch a certificate that somebody else renews, or read it again. */
export const run: Body<typeof certTrackParameters> = async (args, context) => {
  const { certName: name } = args;
  const source = sourceOf(args);
  const services = await context.services();
  const { certificate, isUnchanged, ...tracked } = await trackCertificate(services, {
    name,
    ...(source !== undefined && { source }),
    read: (from) =>
      readTrackSource(from, { retrieve: (url, options) => services.retrieve(url, options) }),
  });
  const { subject, notAfter, sha256 } = viewCertificate(certificate.der);
  const from = withoutUserinfo(tracked.source);
  context.print.done(
    {
      name,
      source: from,
      changed: !isUnchanged,
      version: certificate.version,
      subject,
      notAfter: formatTime(notAfter),
      sha256,
    },
    isUnchanged
      ? `Certificate "${name}" has not changed in ${from}; it is valid until ${formatTime(notAfter)}`
      : `Certificate "${name}" (${subject}) is tracked in ${from}, valid until ${formatTime(notAfter)}`,
  );
  return 0;
};

function sourceOf({ file, endpoint }: ArgsOf<typeof certTrackParameters>): string | undefined {
  if (endpoint !== undefined) return serviceSource(endpoint);
  if (file === undefined) return undefined;
  if (file === '-') {
    throw new CertError('USAGE_INVALID', 'Cannot track standard input: it is read only once', {
      hint: 'Name a file, a URL or an endpoint',
    });
  }
  if (!looksLikeUrl(file)) return resolve(file);
  if (splitUserinfo(file).password === undefined) return file;
  throw new CertError('USAGE_INVALID', 'Cannot keep the password in the URL of file', {
    hint: 'Leave it out, and set it with "certkeeper retrieval server"',
  });
}
