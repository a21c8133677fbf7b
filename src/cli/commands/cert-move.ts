import { moveCertificate } from '../../lifecycle/move-certificate.ts';
import { commandLine } from '../command-line.ts';
import type { Body } from '../command.ts';
import type { certMoveParameters } from '../parameters-keep.ts';

/** Have a certificate renewed by another CA. */
export const run: Body<typeof certMoveParameters> = async (args, context) => {
  const { certName: name, caRoot: ca, by } = args;
  const services = await context.services();
  const result = await moveCertificate(services, { name, ca, ...(by && { by }) });
  const update = commandLine(['cmp', 'update', 'current-cert', name], context.globals);
  const { type } = result;
  context.print.done(
    { name, type, ca, by: type === 'planned' ? result.by : undefined },
    type === 'planned'
      ? `The next renewal of "${name}" asks "${ca}" by ${result.by}: ${update}; until then it is of the CA it came from`
      : type === 'changed'
        ? `The CA profile of "${name}" is "${ca}" from now on`
        : `"${name}" is renewed by the CA it came from, "${ca}"`,
  );
  return 0;
};
