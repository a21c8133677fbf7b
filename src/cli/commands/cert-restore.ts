import { restoreCertificate } from '../../lifecycle/restore-certificate.ts';
import { formatTime } from '../../base/format-time.ts';
import { viewCertificate } from '../certificate-view.ts';
import type { Body } from '../command.ts';
import { interruptible } from '../interruptible.ts';
import type { certRestoreParameters } from '../parameters-deploy.ts';

/** Make an earlier certificate the current one again, and deploy it. */
export const run: Body<typeof certRestoreParameters> = async (args, context) => {
  const { certName: name, version } = args;
  const services = await context.services();
  const { certificate, replaced, files } = await interruptible(context, name, (signal) =>
    restoreCertificate(
      { ...services, signal },
      { name, ...(version === undefined ? {} : { version }) },
    ),
  );
  const { serialNumber, notAfter } = viewCertificate(certificate.der);
  context.print.done(
    {
      name,
      version: certificate.version,
      replacedVersion: replaced?.version,
      serialNumber,
      notAfter: formatTime(notAfter),
      files,
    },
    `Version ${certificate.version} of "${name}" is current again, valid until ${formatTime(notAfter)}` +
      (files.length === 0 ? '' : `; its files are written: ${files.join(', ')}`),
  );
  return 0;
};
