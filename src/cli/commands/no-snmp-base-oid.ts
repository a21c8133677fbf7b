import { snmpBaseOid } from '../../lifecycle/setting-keys.ts';
import { defaultBaseOid } from '../../traps/base-oid.ts';
import type { Body } from '../command.ts';

/** Send below the usual OID again. */
export const run: Body<Record<never, never>> = async (_, context) => {
  const { store } = await context.services();
  const had = await store.settings.remove(snmpBaseOid);
  context.print.done(
    { had, baseOid: defaultBaseOid },
    `Notifications are sent below ${defaultBaseOid}; receivers need the MIB of that: "certkeeper snmp mib"`,
  );
  return 0;
};
