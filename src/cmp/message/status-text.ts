import { printable } from '../../base/printable.ts';
import type { PKIBody } from './pki-message.ts';
import type { PKIStatusInfo } from './pki-status-info.ts';

/** Put a PKIStatusInfo into words: status, failure bits, and the CA's own text in full. */
export function formatStatus({ status, failInfo, statusString }: PKIStatusInfo): string {
  const bits = failInfo && failInfo.length > 0 ? ` (${failInfo.join(', ')})` : '';
  const text = statusString ? `: ${statusString.map(printable).join('; ')}` : '';
  return `${status}${bits}${text}`;
}

/** Put the status a body carries into words; empty when it carries none. */
export function statusTextOf(body: PKIBody): string {
  switch (body.type) {
    case 'error': {
      const details = body.value.errorDetails?.map(printable).join('; ');
      return formatStatus(body.value.pKIStatusInfo) + (details ? ` [${details}]` : '');
    }
    case 'ip':
    case 'cp':
    case 'kup':
      return body.value.response.map(({ status }) => formatStatus(status)).join('; ');
    case 'rp':
      return body.value.status.map(formatStatus).join('; ');
    default:
      return '';
  }
}

/** Find the PKIStatusInfo of a body that carries one. */
export function statusInfoOf(body: PKIBody): PKIStatusInfo | undefined {
  switch (body.type) {
    case 'error':
      return body.value.pKIStatusInfo;
    case 'ip':
    case 'cp':
    case 'kup':
      return body.value.response[0]?.status;
    case 'rp':
      return body.value.status[0];
    default:
      return undefined;
  }
}
