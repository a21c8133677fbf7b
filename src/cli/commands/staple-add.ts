import { endpointOf } from '../../deploy/staple-words.ts';
import { addEndpoint } from '../../lifecycle/staple-settings.ts';
import type { Body } from '../command.ts';
import { interruptible } from '../interruptible.ts';
import type { stapleAddParameters } from '../parameters-staple.ts';
import { reportStaple } from '../staple-report.ts';
import { assertNoStoreFile } from '../store-files.ts';

/** Have a TLS server staple the OCSP response of a certificate. */
export const run: Body<typeof stapleAddParameters> = async (args, context) => {
  const { name, ocsp, whenRevoked, endless } = args;
  const endpoint = endpointOf(args);
  if ('file' in endpoint.target) assertNoStoreFile(endpoint.target.file, context);
  const services = await context.services();
  const added = await interruptible(context, name, (signal) =>
    addEndpoint({ ...services, signal }, name, endpoint, { ocsp, whenRevoked, endless }),
  );
  if (added.type === 'stapled') return reportStaple(name, added, context);
  context.print.done(
    { name, to: endpoint.label, type: 'stored' },
    `Endpoint "${endpoint.label}" of "${name}" is stored; it counts from its first certificate on`,
  );
  return 0;
};
