/** Setting: absolute path of the directory PEM files are put in. */
export const certStoreLocation = 'cert-store-location';

/** Setting: `reuse` when an update keeps the key; without it, an update makes a new one. */
export const certStoreKey = 'cert-store-key';

/** Setting: how many transactions the history keeps; without it, 100. Read by the store itself. */
export const historyLimit = 'history-limit';
