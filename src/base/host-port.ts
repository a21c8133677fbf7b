/** A host, that of IPv6 without its brackets, and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Write a host as URLs have it: an address of IPv6 in brackets. */
export function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Write HOST:PORT, as in `127.0.0.1:443` and `[::1]:443`. */
export function hostPortText({ host, port }: HostPort): string {
  return `${hostText(host)}:${port}`;
}

/** Read HOST:PORT; undefined for what is none, or a port that is not 1 to 65535. */
export function parseHostPort(text: string): HostPort | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}
