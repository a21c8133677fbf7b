import { bytesEqual } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import type { StaplePorts } from '../../src/lifecycle/staple-ports.ts';
import { stapleHash } from '../../src/lifecycle/staple-versions.ts';
import type { Store } from '../../src/store/store.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { decodeBasicOcspResponse, decodeOcspResponse } from '../../src/x509/ocsp-response.ts';
import type { WorldClock } from './clock.ts';
import type { ProcessImage } from './process-image.ts';

/** What an endpoint serves, as its server has taken it up. */
export interface OnShelf {
  /** SHA-256 of the certificate, in lower-case hexadecimal. */
  readonly certificate: string;
  /** When its response ends, in epoch milliseconds; absent: it has none. */
  readonly ends?: number;
}

/** The endpoints of a world: what they are told outlasts every process. */
export interface Shelf {
  /** How many things keep endpoints from taking anything. */
  refusing: number;
  /** What is to be withdrawn stays: a bug. */
  readonly keepsAll: boolean;
  readonly served: ReadonlyMap<string, OnShelf>;
  readonly published: number;
  readonly withdrawn: number;
  /** What did not hold of what was published. */
  readonly complaints: readonly string[];
  connect(image: ProcessImage, store: Store): Pick<StaplePorts, 'publish' | 'look'>;
}

/** Set up endpoints that remember what they are told, and look at it with eyes of their own. */
export function stapleShelf(clock: WorldClock, keepsAll: boolean): Shelf {
  const served = new Map<string, OnShelf>();
  const complaints: string[] = [];
  let [published, withdrawn] = [0, 0];

  /** Says good, of this very certificate, and still; and it was kept before anybody was told. */
  const check = async (
    certificate: Uint8Array,
    staple: Uint8Array,
    store: Store,
  ): Promise<number> => {
    const { responseBytes } = decodeOcspResponse(staple);
    const [single] = responseBytes
      ? decodeBasicOcspResponse(responseBytes.response).tbsResponseData.responses
      : [];
    const { serialNumber } = decodeCertificate(certificate).tbsCertificate;
    const ends = single?.nextUpdate?.getTime() ?? 0;
    if (single?.certID.serialNumber !== serialNumber) complaints.push('it is about another one');
    if (single?.certStatus.type !== 'good') complaints.push('published, and does not say good');
    if (ends <= clock.nowMs) complaints.push('published after its end');
    const kept = await store.staples.get(stapleHash(certificate));
    if (!kept?.held || !bytesEqual(kept.held.der, staple)) {
      complaints.push('published before it was kept');
    }
    return ends;
  };

  return {
    refusing: 0,
    keepsAll,
    served,
    get published() {
      return published;
    },
    get withdrawn() {
      return withdrawn;
    },
    complaints,
    connect(image, store) {
      return {
        publish: async ({ label }, { name, certificate, staple }) => {
          await image.live();
          clock.advance(5);
          if (this.refusing > 0) {
            throw new CertError('DELIVERY_FAILED', `Cannot reach "${label}": it does not answer`);
          }
          const ends = staple && (await check(certificate, staple, store));
          const hash = stapleHash(certificate);
          if (staple) published++;
          else withdrawn++;
          const isKept = staple === undefined && keepsAll;
          if (!isKept) served.set(`${name} ${label}`, { certificate: hash, ...(ends && { ends }) });
          await image.live();
          return { isChanged: true };
        },
        look: async () => undefined,
      };
    },
  };
}
