import type { Store } from '../store/store.ts';
import { viewCertificate, type CertificateView } from './certificate-view.ts';
import type { CommandContext } from './command.ts';
import { colourOfExpiry, isExpired } from './expiry.ts';
import { formatTime } from '../base/format-time.ts';
import { formatDay } from './render.ts';
import { readStored, whereLooked } from './stored.ts';
import { formatTable, type Cell } from './table.ts';

interface Line {
  readonly type: 'CA-local' | 'Pub' | 'Key';
  /** Absent for a key. */
  readonly view?: CertificateView;
  readonly name: string;
  readonly dist?: string;
  readonly label: string;
  readonly isRevoked?: boolean;
}

/**
 * Print the table TYPE HASH EXPIRES NAME DIST LABEL: one line an object, key and certificate apart.
 *
 * @param full CA certificates and keys too, not only our certificates
 */
export async function showCertificateList(full: boolean, context: CommandContext): Promise<void> {
  const read = await readStored(context, async ({ store, clock }) => ({
    now: clock.now(),
    lines: await linesOf(store, full),
  }));
  const { now, lines } = read ?? { now: new Date(0), lines: [] };
  context.print.show({ certificates: lines.map((line) => lineJson(line, now)) }, () => {
    if (lines.length === 0) return `There is no certificate${whereLooked(context)}\n`;
    const columns = ['TYPE', 'HASH', 'EXPIRES', 'NAME', 'DIST', 'LABEL'].map((title) => ({
      title,
    }));
    return formatTable(
      columns,
      lines.map(({ type, view, name, dist, label, isRevoked = false }): Cell[] => [
        type,
        view === undefined ? 'N/A' : view.sha256.slice(0, 8),
        view === undefined
          ? 'N/A'
          : {
              text: isRevoked
                ? 'revoked'
                : isExpired(view, now)
                  ? 'expired'
                  : formatDay(view.notAfter),
              paint: isRevoked
                ? context.print.style.bad
                : colourOfExpiry(view, now, context.print.style),
            },
        name,
        dist ?? 'N/A',
        label,
      ]),
    );
  });
}

async function linesOf(store: Store, full: boolean): Promise<readonly Line[]> {
  const lines: Line[] = [];
  if (full) {
    for (const { label, roots, intermediates } of await store.authorities.list()) {
      for (const der of [...roots, ...intermediates]) {
        const view = viewCertificate(der);
        lines.push({ type: 'CA-local', view, name: view.shortName, dist: 'import', label });
      }
    }
  }
  for (const { der, source, name, keyId, status } of await store.certificates.list()) {
    const view = viewCertificate(der);
    const isRevoked = status === 'revoked';
    lines.push({ type: 'Pub', view, name: view.shortName, dist: source, label: name, isRevoked });
    if (full && keyId !== undefined) lines.push({ type: 'Key', name: view.shortName, label: name });
  }
  return lines;
}

function lineJson({ type, view, name, dist, label, isRevoked }: Line, now: Date) {
  return {
    type,
    hash: view?.sha256.slice(0, 8),
    sha256: view?.sha256,
    notAfter: view === undefined ? undefined : formatTime(view.notAfter),
    name,
    dist,
    label,
    revoked: isRevoked,
    expired: view && isExpired(view, now),
  };
}
