import { snmpBaseOid } from '../../lifecycle/setting-keys.ts';
import { parseBaseOid } from '../../traps/base-oid.ts';
import type { Body } from '../command.ts';
import type { baseOidParameters } from '../parameters-notify.ts';

/** Set the OID below which notifications are. */
export const run: Body<typeof baseOidParameters> = async ({ oid }, context) => {
  const baseOid = parseBaseOid(oid).join('.');
  const { store } = await context.services();
  await store.settings.set(snmpBaseOid, baseOid);
  context.print.done(
    { baseOid },
    `Notifications are sent below ${baseOid} from now on; receivers need the MIB of that: "certkeeper snmp mib"`,
  );
  return 0;
};
