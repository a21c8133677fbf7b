import { formatTime } from '../../base/format-time.ts';
import { CertError } from '../../base/errors.ts';
import type { Label } from '../../base/label.ts';
import { assertCaCertificateUnneeded } from '../../lifecycle/needed-by.ts';
import { removeCaCertificate } from '../../lifecycle/remove-authority.ts';
import { removalOf, removeCertificate, type Removal } from '../../lifecycle/remove-certificate.ts';
import { viewCertificate } from '../certificate-view.ts';
import type { Body, CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { certRemoveParameters } from '../parameters-keep.ts';
import { plural } from '../plural.ts';

/** Forget a certificate with all that goes with it, or a labelled CA certificate. */
export const run: Body<typeof certRemoveParameters> = async (args, context) => {
  const { certName: name, ca, withFiles } = args;
  const services = await context.services();
  const { store } = services;
  const hasCa = (await store.caCertificates.get(name)) !== undefined;
  const hasOwn =
    (await store.certificates.versions(name)).length > 0 ||
    (await store.keyRequests.get(name)) !== undefined;
  if (ca || (hasCa && !hasOwn)) return removeCa(name, hasCa, context);

  const removal = await removalOf(services, name);
  for (const warning of warningsOf(removal, withFiles)) context.log.warn(warning);
  const agreed = await confirm(
    `Remove "${name}" (${contentsOf(removal).join(', ')})?${withFiles ? ' Its files go, too.' : stayText(removal)}`,
    `remove "${name}"`,
    context,
  );
  if (!agreed) {
    context.print.done({ removed: null }, 'Nothing was changed');
    return 0;
  }
  const { removed, left, versions, files } = await removeCertificate(services, { name, withFiles });
  for (const { path, why } of left) context.log.warn(`"${path}" stays: ${why}`);
  const stay = withFiles ? [] : files;
  context.print.done(
    { removed: name, versions, files: removed, left: [...left.map(({ path }) => path), ...stay] },
    `"${name}" is removed${removed.length === 0 ? '' : `, and ${plural(removed.length, 'file')} of it`}` +
      (stay.length === 0
        ? ''
        : `; these files stay, since with-files was not said: ${stay.join(', ')}`),
  );
  return 0;
};

async function removeCa(name: Label, hasCa: boolean, context: CommandContext): Promise<0> {
  const services = await context.services();
  if (!hasCa) {
    throw new CertError('CERT_UNKNOWN', `Cannot remove CA certificate "${name}": there is none`, {
      hint: 'See "certkeeper show cert full"',
    });
  }
  await assertCaCertificateUnneeded(services.store, name);
  const agreed = await confirm(
    `Remove CA certificate "${name}"? CA profiles keep what they have.`,
    `remove CA certificate "${name}"`,
    context,
  );
  if (agreed) await removeCaCertificate(services, name);
  context.print.done(
    { removed: agreed ? name : null },
    agreed ? `CA certificate "${name}" is removed` : 'Nothing was changed',
  );
  return 0;
}

function stayText({ files }: Removal): string {
  return files.length === 0
    ? ' Files that were written stay.'
    : ` These files stay, unless with-files is said: ${files.join(', ')}`;
}

function contentsOf(removal: Removal): readonly string[] {
  const { versions, deployments, hasHook, hasRequest } = removal;
  return [
    ...(versions === 0 ? [] : [`${plural(versions, 'certificate')} with all keys that are here`]),
    ...(hasRequest ? ['a key whose request waits for its answer'] : []),
    ...(deployments.length === 0 ? [] : [plural(deployments.length, 'deployment')]),
    ...(hasHook ? ['its hook'] : []),
  ];
}

function warningsOf(
  { name, valid, hasRequest, tokenKeys, charons }: Removal,
  withFiles: boolean,
): readonly string[] {
  const ends = valid.map(({ der }) => viewCertificate(der).notAfter.getTime());
  return [
    ...(ends.length === 0
      ? []
      : [
          `"${name}" is valid until ${formatTime(new Date(Math.max(...ends)))}, and without its key it can be ` +
            'revoked from here no more; "cmp revoke" first if it shall not be used',
        ]),
    ...(hasRequest
      ? [
          `a certificate that a CA issues for the waiting request of "${name}" will find no key here`,
        ]
      : []),
    ...(withFiles ? [] : charons).map(
      (socket) =>
        `the charon at "${socket}" goes on with the key of "${name}" until it is started anew, unless with-files is said`,
    ),
    ...tokenKeys.map((uri) => `a key of "${name}" stays in its token: ${uri}`),
  ];
}
