/** Setting: absolute path of the directory PEM files are put in. */
export const certStoreLocation = 'cert-store-location';

/** Setting: `reuse` when an update keeps the key; without it, an update makes a new one. */
export const certStoreKey = 'cert-store-key';
