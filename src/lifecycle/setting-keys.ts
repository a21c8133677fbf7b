/** Setting: absolute path of the directory PEM files are put in. */
export const certStoreLocation = 'cert-store-location';

/** Setting: `reuse` when an update keeps the key; without it, an update makes a new one. */
export const certStoreKey = 'cert-store-key';

/** Setting: how many issuers go along with a certificate, at most; without it, 4. */
export const chainLimit = 'chain-limit';

/** Setting: how many transactions the history keeps; without it, 100. Read by the store itself. */
export const historyLimit = 'history-limit';

/** Setting: how many past versions of a name are kept beside the current one; without it, 3. Read by the store. */
export const versionsKept = 'versions-kept';

/** Setting: how many runs of each hook are kept, with their output; without it, 10. Read by the store. */
export const hookRunsKept = 'hook-runs-kept';

/** Setting: how many acts the audit trail keeps; without it, 10000. Read by the store. */
export const auditLimit = 'audit-limit';

/** Setting: for how many days a key is kept whose request came to nothing; without it, 400. Read by the store. */
export const orphanKeyDays = 'orphan-key-days';

/** Setting: how many dumped messages are kept in a directory; without it, 1000. */
export const dumpsKept = 'dumps-kept';

/** Setting: hours before its end from which a certificate is warned of; without it, 168. */
export const certTrapHours = 'cert-trap-hours';

/** Setting: hours until what still stands is told again; without it, 24. */
export const certTrapRepeatHours = 'cert-trap-repeat-hours';

/** Setting: the OID below which notifications are; without it, one below netSnmpPlaypen. */
export const snmpBaseOid = 'snmp-base-oid';

/** Setting: how many daily backups of the store are kept; without it, 7; with 0, none is made. */
export const backupsKept = 'backups-kept';
