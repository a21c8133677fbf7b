import { failureMeaning } from '../cmp/message/failure-meaning.ts';
import type { PKIFreeText, PKIStatusInfo } from '../cmp/message/pki-status-info.ts';
import { formatTexts } from '../cmp/message/status-text.ts';
import { branch, leaf, list, maybe, type Node } from './node.ts';

/** Show a PKIStatusInfo, with what each bit of failInfo says. */
export function statusInfo(name: string, value: PKIStatusInfo): Node {
  return branch(name, [
    leaf('status', value.status),
    maybe('statusString', value.statusString, freeText),
    list('failInfo', value.failInfo, (bit) =>
      leaf(bit, failureMeaning[bit] ?? 'not named by RFC 9810'),
    ),
  ]);
}

/** Show the texts of a PKIFreeText on one line. */
export function freeText(name: string, value: PKIFreeText): Node {
  return leaf(name, formatTexts(value));
}
