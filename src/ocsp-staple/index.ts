/**
 * TLS servers of this process that serve certificates of certkeeper with a fresh OCSP response, and renewed ones without a
 * restart. docs/stapling.md says who keeps them fresh.
 */
export {
  attachStapling,
  openStapling,
  staplingServerOptions,
  type Stapling,
  type StaplingOptions,
} from '../agent/stapling.ts';
export type { StapledListener, StaplingServerOptions } from './listener.ts';
