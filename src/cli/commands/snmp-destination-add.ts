import { putDestination } from '../../lifecycle/put-destination.ts';
import { CertError } from '../../base/errors.ts';
import { snmpDestination } from '../../traps/destination.ts';
import type { Body, CommandContext } from '../command.ts';
import type { ArgsOf } from '../parameter.ts';
import type { snmpAddParameters } from '../parameters-notify.ts';
import { resolveSecret, type SecretSource } from '../secret.ts';

type Args = ArgsOf<typeof snmpAddParameters>;

/** Send notifications to a receiver of SNMP. */
export const run: Body<typeof snmpAddParameters> = async (args, context) => {
  const { name, version, kind } = args;
  assertFits(args);
  const destination = snmpDestination({ ...args, user: args.user ?? '' });
  const secrets = await secretsOf(args, context);
  const services = await context.services();
  const { engineID } = await putDestination(services, destination, secrets);
  // Of an inform it is the receiver that is the authority, and its users are its own.
  const isOurs = version === '3' && kind === 'trap' && engineID !== undefined;
  context.print.done(
    { name, type: 'snmp', version, kind, ...(engineID !== undefined && { engineID }) },
    `Notifications go to "${name}" from now on; try it with "certkeeper snmp destination test ${name}"` +
      (isOurs ? `; the receiver has to know the user for engine ID 0x${engineID}` : ''),
  );
  return 0;
};

function assertFits({ version, community, user, authKey, privKey }: Args): void {
  const refuse = (why: string, hint: string): never => {
    throw new CertError('USAGE_INVALID', `Cannot add a destination of version ${version}: ${why}`, {
      hint,
    });
  };
  if (version === '2c') {
    if ((user ?? authKey ?? privKey) !== undefined)
      refuse('user and keys are of version 3', 'Leave them out, or give "version 3"');
    if (community === undefined) refuse('it has no community', 'Add "community file:PATH"');
    return;
  }
  if (community !== undefined)
    refuse('a community is of version 2c', 'Leave it out, or give "version 2c"');
  if (user === undefined) refuse('it has no user', 'Add "user USER"');
  if ((authKey && privKey) === undefined)
    refuse(
      'it has no keys',
      'Add "auth-key file:PATH priv-key file:PATH": there is no version 3 without them',
    );
}

async function secretsOf(
  { community, authKey, privKey }: Args,
  { io, log }: CommandContext,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const sources: readonly (readonly [string, SecretSource | undefined])[] = [
    ['community', community],
    ['auth-key', authKey],
    ['priv-key', privKey],
  ];
  const secrets = new Map<string, Uint8Array>();
  for (const [word, source] of sources) {
    if (source !== undefined) secrets.set(word, await resolveSecret(source, word, { io, log }));
  }
  return secrets;
}
