import { existsSync } from 'node:fs';

/** Where charon makes its VICI when nothing else is configured; the other is the same place on most machines. */
export const usualCharonSockets = ['/run/charon.vici', '/var/run/charon.vici'] as const;

/** Choose the socket of a charon that nobody named. */
export function usualCharonSocket(): string {
  const [first, second] = usualCharonSockets;
  return existsSync(first) ? first : second;
}
