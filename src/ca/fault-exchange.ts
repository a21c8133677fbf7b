import type { ServerResponse } from 'node:http';

/** One exchange a fault may spoil. */
export interface SpoiltExchange {
  readonly response: ServerResponse;
  /** Have the lab act on the request. */
  handle(): Promise<Uint8Array>;
  /** Answer as HTTP has it. */
  answer(status: number, contentType: string, body: Uint8Array): void;
}

/** A fault of the HTTP exchange. */
export interface HttpFault {
  readonly where: 'http';
  /** The answer it belongs to, when that is always the same. */
  readonly body?: 'pkiconf';
  exchange(exchange: SpoiltExchange): Promise<void>;
}
